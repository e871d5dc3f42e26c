package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	report, err := run(os.Args[1:], os.Stderr)
	fmt.Print(report)
	if err != nil {
		fmt.Fprintln(os.Stderr, "shape:", err)
		os.Exit(1)
	}
}

// run measures a tree and returns the report. The error says what is wrong
// with the arguments, the tree or, with -check, its shape.
func run(args []string, stderr io.Writer) (string, error) {
	flags := flag.NewFlagSet("shape", flag.ContinueOnError)
	flags.SetOutput(stderr)
	root := flags.String("root", ".", "the root of the module to measure")
	places := flags.Bool("places", false, "print every wide line and every unbroken function instead")
	check := flags.Bool("check", false, "print the totals alone, and fail when a bound is broken")

	if err := flags.Parse(args); err != nil {
		return "", err
	}

	rooms, err := measure(*root)
	switch {
	case err != nil:
		return "", err
	case *places:
		return placeReport(rooms), nil
	case !*check:
		return roomReport(rooms), nil
	}

	sums := totals(rooms)
	report := totalReport(sums)
	if broken := violations(sums); len(broken) > 0 {
		return report, fmt.Errorf("the tree has drifted:\n  %s", strings.Join(broken, "\n  "))
	}

	return report, nil
}
