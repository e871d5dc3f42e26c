package cli

import (
	"context"
	"flag"
	"io"
	"slices"
	"strings"
)

// Action does what a command is for. words are the arguments that are no flags.
type Action = func(ctx context.Context, words []string, e Env) error

// Command is a row of the table of commands.
type Command struct {
	Name    string // one word
	Args    string // the arguments that are no flags, for people: ORDER…
	Short   string // what it does, on one line, without a period
	Long    string // more about it, wrapped by the help; "" for nothing
	Example string // one command or several, one a line
	// JSON says what the objects are that --json prints. The command has no
	// --json if it is empty.
	JSON string
	// Paged is set if the output may be long: on a terminal it goes through the
	// pager. A command whose output is lost for good if the user leaves the
	// pager, as a secret that is shown once, must not set it.
	Paged bool
	// Verdict is set if the exit code says what was found. Such a command runs
	// to its end although the user leaves the pager.
	Verdict bool
	// New defines the flags and returns the action, which reads them. It is
	// called for the help and the completion, too, so it does nothing else. A
	// command without New only groups its subcommands.
	New func(*flag.FlagSet) Action

	Commands []Command
}

// named is a command with the words that lead to it.
type named struct {
	Command
	path string // server orders refund
}

// find returns the command that the first words of args name, and the other
// words. A word that is no subcommand is left to a command with an action of
// its own.
func (c named) find(args []string) (named, []string) {
	for len(args) > 0 {
		i := slices.IndexFunc(c.Commands, func(sub Command) bool { return sub.Name == args[0] })
		if i < 0 {
			break
		}
		c, args = c.sub(i), args[1:]
	}
	return c, args
}

func (c named) sub(i int) named {
	return named{c.Commands[i], c.path + " " + c.Commands[i].Name}
}

// options are the flags that commands have in common.
type options struct{ json, noPager bool }

// flags returns the flags of a command, and its action.
func (c named) flags() (fs *flag.FlagSet, o *options, act Action) {
	fs, o = flag.NewFlagSet(c.path, flag.ContinueOnError), new(options)
	fs.SetOutput(io.Discard) // Run prints the error, and help when it is asked for
	fs.Usage = func() {}

	if c.New != nil {
		act = c.New(fs)
	}
	if c.JSON != "" {
		fs.BoolVar(&o.json, "json", false, "print one JSON object a line, for programs")
	}
	if c.Paged {
		fs.BoolVar(&o.noPager, "no-pager", false, "print long output without a pager")
	}

	return fs, o, act
}

// paging returns how the command's output goes through the pager.
func (c named) paging(o *options) paging {
	switch {
	case !c.Paged || o.noPager:
		return unpaged
	case c.Verdict:
		return toTheEnd
	}
	return untilLeft
}

// walk calls f for a command and all commands below it.
func (c named) walk(f func(named)) {
	f(c)
	for i := range c.Commands {
		c.sub(i).walk(f)
	}
}

// parse parses the flags among args and returns the other arguments. The flag
// package stops at the first argument that is not a flag, and would take a
// --dry-run after it for an ID. What follows "--" is no flag.
func parse(fs *flag.FlagSet, args []string) (words []string, err error) {
	var rest []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, rest = args[:i], args[i+1:]
	}

	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		if args = fs.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}

	return append(words, rest...), nil
}

// isHelp reports whether an argument asks for the help.
func isHelp(arg string) bool {
	return arg == "help" || arg == "-h" || arg == "-help" || arg == "--help"
}

// wantsJSON reports whether the arguments ask for JSON, also if they are wrong.
func wantsJSON(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		name, value, _ := strings.Cut(strings.TrimPrefix(a, "-"), "=")
		return (name == "json" || name == "-json") && a[0] == '-' && value != "false"
	})
}
