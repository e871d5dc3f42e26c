// Package cli is the command line of a program: its table of commands and all
// that follows from that table, and how commands print.
//
// A Command is a row of the table: its name, arguments, flags, one line, an
// example, and what it does. Run finds the command that the arguments name and
// runs it. Help, the suggestions for misspelt words, the completion of shells
// and docs/cli.md come from the same rows, so that none of them can be out of
// date.
//
// Commands print through their Env: List for tables, Show for one thing with
// its parts, Result for what was done. With --json each prints one JSON object
// a line instead, and Run prints nothing else on standard output. On a terminal
// tables fit its width, states have colours, times are local and long output
// goes through the pager; none of that happens in pipes and files.
package cli
