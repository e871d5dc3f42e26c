package cli

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// helpWidth is where the texts of the help wrap.
const helpWidth = 79

// help prints the help of one command: its usage, a paragraph, its subcommands
// or its flags, and an example.
func help(c named, e Env) error {
	return e.paged(untilLeft, func(e Env) error {
		_, err := io.WriteString(e.Out, helpText(c))
		return err
	})
}

func helpText(c named) string {
	fs, _, _ := c.flags()
	flags := flagLines(fs)

	var b strings.Builder
	usage := "usage: " + c.path
	if c.Name == "" || len(c.Commands) > 0 {
		word := " COMMAND"
		if c.New != nil {
			word = " [COMMAND]"
		}
		usage += word
	}
	if c.Args != "" {
		usage += " " + c.Args
	}
	if flags != "" {
		usage += " [flags]"
	}
	fmt.Fprintf(&b, "%s\n\n%s\n", usage, wrap(sentence(c.Short), "", helpWidth))

	for _, paragraph := range strings.Split(c.Long, "\n\n") {
		if paragraph != "" {
			fmt.Fprintf(&b, "\n%s\n", wrap(paragraph, "", helpWidth))
		}
	}

	if len(c.Commands) > 0 {
		fmt.Fprintf(&b, "\ncommands:\n%s", commandLines(c))
	}
	if flags != "" {
		fmt.Fprintf(&b, "\nflags:\n%s", flags)
	}
	if c.JSON != "" {
		fmt.Fprintf(&b, "\n%s\n", wrap("With --json: "+c.JSON+".", "", helpWidth))
	}
	if c.Example != "" {
		fmt.Fprintf(&b, "\nexample:\n  %s\n", strings.ReplaceAll(c.Example, "\n", "\n  "))
	}
	if len(c.Commands) > 0 {
		fmt.Fprintf(&b, "\n%s COMMAND --help has more about each.\n", c.path)
	}

	return b.String()
}

// commandLines returns a line for each subcommand.
func commandLines(c named) string {
	widest := 0
	for _, sub := range c.Commands {
		widest = max(widest, len(sub.Name))
	}

	var b strings.Builder
	for _, sub := range c.Commands {
		start := fmt.Sprintf("  %-*s  ", widest, sub.Name)
		fmt.Fprintf(&b, "%s%s\n", start, wrap(sub.Short, strings.Repeat(" ", len(start)), helpWidth))
	}
	return b.String()
}

// flagLines returns two lines or more for each flag.
func flagLines(fs *flag.FlagSet) string {
	var b strings.Builder
	fs.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		if value != "" {
			value = " " + strings.ToUpper(value)
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			usage += " (default " + f.DefValue + ")"
		}
		const indent = "      "
		fmt.Fprintf(&b, "  --%s%s\n%s%s\n", f.Name, value, indent, wrap(usage, indent, helpWidth))
	})
	return b.String()
}

// wrap breaks a text into lines of at most width columns. Lines after the first
// begin with indent, which also stands before the first one.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	column := len(indent)
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// sentence makes a sentence of a phrase.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
