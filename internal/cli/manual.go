package cli

import (
	"fmt"
	"strings"
)

// Manual returns the part of docs/cli.md that follows from the table: the help
// of every command.
func Manual(root Command) string {
	var b strings.Builder
	named{root, root.Name}.walk(func(c named) {
		fmt.Fprintf(&b, "\n## %s\n\n```\n%s```\n", c.path, helpText(c))
	})
	return b.String()
}
