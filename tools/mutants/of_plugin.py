"""Mutants of what both programs share: settings, config files, and how a program ends."""

from __future__ import annotations

from mutants.mutant import Mutant

_PLUGIN = "dynamics-bc-plugin/dynamics_bc_plugin"

MUTANTS = (
    Mutant(
        "settings that nobody reads",
        "a misspelt guard of the books is a warning",
        f"{_PLUGIN}/spelling.py",
        "    found = unread(names, settings)\n    refuse(dangers(found))\n",
        "    found = unread(names, settings)\n",
        ("tests/plugin/test_spelling.py::test_every_slip_in_a_name_that_guards_the_books_is_refused",),
    ),
    Mutant(
        "settings that nobody reads",
        "a variable in lower case that guards the books is ignored",
        f"{_PLUGIN}/spelling.py",
        "        given = variable.upper()\n",
        "        given = variable\n",
        ("tests/plugin/test_spelling.py::test_a_variable_that_would_guard_the_books_and_that_nobody_reads_is_refused",),
    ),
    Mutant(
        "settings that nobody reads",
        "a stream map for a stream that is not there hides nothing in silence",
        "tap-dynamics-bc/tap_dynamics_bc/tap.py",
        '[*self.published.unknown, *self.published.unknown_in_maps(self.config.get("stream_maps") or {})]',
        "[*self.published.unknown]",
        ("tests/tap/test_command.py::test_a_stream_map_for_a_stream_that_is_not_there_is_named_with_the_nearest",),
    ),
    Mutant(
        "contradictions are refused",
        "of two values of one setting the last is taken",
        f"{_PLUGIN}/config_file.py",
        "        if name in content and content[name] != value:\n",
        "        if False:\n",
        ("tests/plugin/test_config_file.py::test_a_setting_with_two_values_is_refused_and_not_the_last_one_taken",),
    ),
    Mutant(
        "a signal ends a run in order",
        "a second signal breaks the clean-up off",
        f"{_PLUGIN}/ending.py",
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    raise Terminated\n",
        "    raise Terminated\n",
        ("tests/plugin/test_ending.py::test_termination_lets_the_body_clean_up_and_is_143",),
    ),
    Mutant(
        "no setting is quoted",
        "a config file that cannot be read is shown",
        f"{_PLUGIN}/config_file.py",
        'f"{name} is not JSON: line {error.lineno}, column {error.colno}: {wrong}."',
        'f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.doc}."',
        ("tests/plugin/test_config_file.py::test_nothing_of_a_file_is_quoted",),
    ),
    Mutant(
        "redaction",
        "the log is not filtered",
        f"{_PLUGIN}/outgoing.py",
        "            self._clean_message()\n",
        "            pass\n",
        ("tests/plugin/test_outgoing.py::test_no_log_record_holds_a_secret_or_begins_a_line_of_its_own",),
    ),
    Mutant(
        "redaction",
        "an error of a finalizer is told as Python tells it",
        f"{_PLUGIN}/outgoing.py",
        "    if sys.unraisablehook is sys.__unraisablehook__:\n",
        "    if sys.unraisablehook is None:\n",
        ("tests/plugin/test_outgoing.py::test_no_traceback_of_last_resort_holds_a_secret[clean-up]",),
    ),
    Mutant(
        "redaction",
        "the last message of a program is not filtered",
        f"{_PLUGIN}/outgoing.py",
        '        sys.stderr.write(f"{clean(message)}\\n")\n',
        '        sys.stderr.write(f"{message}\\n")\n',
        ("tests/plugin/test_outgoing.py::test_no_last_message_holds_a_secret",),
    ),
    Mutant(
        "encryption but on this machine",
        "http is taken for any host",
        f"{_PLUGIN}/values.py",
        '    if parts.scheme == "http" and not is_loopback(host):\n',
        '    if parts.scheme == "http" and not host:\n',
        ("tests/plugin/test_connection.py::test_any_other_url_is_refused_by_the_settings_name",),
    ),
    Mutant(
        "variables of others",
        "a file of variables is read wherever it is",
        f"{_PLUGIN}/singer_command.py",
        "    if _may_be_of_others(found):\n",
        "    if not _may_be_of_others:\n",
        ("tests/plugin/test_variables.py::test_a_file_of_variables_that_somebody_else_may_have_written_is_refused",),
    ),
    Mutant(
        "no setting is quoted",
        "JSON in place of a file's name is",
        f"{_PLUGIN}/config_file.py",
        '    if str(path).lstrip()[:1] in {"{", "["} and',
        '    if str(path).lstrip()[:1] in {"<"} and',
        (
            "tests/plugin/test_config_file.py::test_what_stands_in_the_command_line_in_place_of_a_files_name_is_not_quoted",
        ),
    ),
    Mutant(
        "lines are whole",
        "an unbuffered output takes a part of them, and nobody is told",
        f"{_PLUGIN}/ending.py",
        "    _write_whole()\n    _speak_utf8()\n",
        "    _speak_utf8()\n",
        (
            "tests/plugin/test_ending.py::test_an_unbuffered_output_that_takes_a_part_and_no_more_is_a_failure",
            "tests/plugin/test_ending.py::test_an_unbuffered_output_whose_reader_goes_away_inside_a_line_is_a_failure",
        ),
    ),
    Mutant(
        "lines are whole",
        "they are written in the encoding of the locale",
        f"{_PLUGIN}/ending.py",
        'None if output.isatty() else "utf-8"',
        "None",
        ("tests/plugin/test_ending.py::test_output_is_utf_8_whatever_the_locale_says",),
    ),
)
