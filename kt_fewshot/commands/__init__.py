"""The command line: read the options, call one recipe, show what it returns."""
