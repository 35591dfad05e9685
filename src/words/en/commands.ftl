# Names and descriptions of commands and options.
