package cli

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"checkoutd/internal/spelling"
)

// Run runs the command of the table root that args name. Help goes to standard
// output and is no error. The arguments are checked before anything is done: an
// error about them names what is near, and the help to read.
func Run(ctx context.Context, root Command, args []string, e Env) error {
	top := named{root, root.Name}
	if len(args) > 0 && args[0] == "help" {
		return helpOn(top, args[1:], e)
	}
	if len(args) > 0 && args[0] == completeName {
		return complete(top, args[1:], e.Out)
	}

	c, rest := top.find(args)
	if c.New == nil {
		return runGroup(c, rest, e)
	}
	if len(rest) > 0 && isHelp(rest[0]) {
		return help(c, e)
	}

	fs, o, act := c.flags()
	words, err := parse(fs, rest)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return help(c, e)
	case err != nil:
		return c.wrong(flagError(fs, err))
	case len(words) > 0 && c.Args == "":
		return c.wrong(c.unexpected(words[0]))
	}

	e.JSON = o.json
	if err := e.paged(c.paging(o), func(e Env) error { return act(ctx, words, e) }); err != nil {
		return c.wrong(err)
	}
	return nil
}

// runGroup answers for a command that needs a subcommand.
func runGroup(c named, rest []string, e Env) error {
	switch {
	case len(rest) == 0:
		_, _ = io.WriteString(e.Err, helpText(c)+"\n")
		return WithExitCode(ExitUsage, fmt.Errorf("no command given%s", c.choice()))
	case isHelp(rest[0]):
		return help(c, e)
	}
	return c.wrong(c.unexpected(rest[0]))
}

// helpOn prints the help of the command that the words name.
func helpOn(top named, words []string, e Env) error {
	c, rest := top.find(words)
	if len(rest) > 0 {
		return c.wrong(c.unexpected(rest[0]))
	}
	return help(c, e)
}

// unexpected returns the error about a word that is no subcommand of c, nor an
// argument.
func (c named) unexpected(word string) error {
	if len(c.Commands) == 0 {
		return Usage("unexpected argument %q", word)
	}
	if strings.HasPrefix(word, "-") {
		return Usage("unknown flag %s", word)
	}

	var names []string
	for _, sub := range c.Commands {
		names = append(names, sub.Name)
	}
	return Usage("unknown command %q%s", word, cmp.Or(meant(word, names, ""), c.choice()))
}

// choice names the subcommands of c, unless they are those of the program.
func (c named) choice() string {
	last := len(c.Commands) - 1
	if c.path == c.Name || last < 0 {
		return ""
	}

	text := c.Commands[last].Name
	for i, sub := range slices.Backward(c.Commands[:last]) {
		separator := ", "
		if i == last-1 {
			separator = " or "
		}
		text = sub.Name + separator + text
	}
	return ": use " + text
}

// flagError returns an error of the flag package in our words.
func flagError(fs *flag.FlagSet, err error) error {
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		// The flag package quotes values, and names flags with one dash.
		return Usage("%s", strings.Replace(err.Error(), " -", " --", 1))
	}

	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	name = strings.TrimPrefix(name, "-")
	if len(names) == 0 {
		return Usage("unknown flag --%s: settings come from the environment", name)
	}
	return Usage("unknown flag --%s%s", name, meant(name, names, "--"))
}

// meant suggests the known word that is nearest to word.
func meant(word string, known []string, prefix string) string {
	if near := spelling.Nearest(word, known, max(1, len(word)/3)); near != "" {
		return fmt.Sprintf(": did you mean %s%s?", prefix, near)
	}
	return ""
}

// usageError says what is wrong about the arguments.
type usageError struct{ text, help string }

func (e *usageError) Error() string {
	if e.help == "" {
		return e.text
	}
	return e.text + "\nsee: " + e.help
}

// Usage returns an error about the arguments. Run adds the help to read, and
// the program ends with ExitUsage.
func Usage(format string, args ...any) error {
	return WithExitCode(ExitUsage, &usageError{text: fmt.Sprintf(format, args...)})
}

// wrong returns an error of c, with the help to read if it is about the
// arguments.
func (c named) wrong(err error) error {
	var usage *usageError
	if errors.As(err, &usage) && usage.help == "" {
		usage.help = c.path + " --help"
	}
	return err
}
