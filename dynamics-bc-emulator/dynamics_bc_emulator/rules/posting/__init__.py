"""Posting: documents become entries, other documents, corrections and mails."""
