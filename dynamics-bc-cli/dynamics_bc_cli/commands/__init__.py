"""The commands of `dynamics-bc`, one file each."""
