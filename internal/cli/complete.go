package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

// completeName is the command by which the scripts of the shells ask for the
// words that may come next. People do not see it.
const completeName = "__complete"

// scripts are what the shells run. Each asks the program itself, so they fit
// every version of it. The arguments of completeName are the words before the
// cursor, the last one as far as it is typed.
var scripts = map[string]string{
	"bash": `_%[1]s() {
	local line
	COMPREPLY=()
	while IFS= read -r line; do
		COMPREPLY+=("${line%%%%$'\t'*}")
	done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _%[1]s %[1]s
`,
	"zsh": `#compdef %[1]s
_%[1]s() {
	local line
	local -a found
	for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
		[[ -n $line ]] && found+=("${${line%%%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	done
	if (( $#found )); then
		_describe '%[1]s' found
	else
		_files
	fi
}
compdef _%[1]s %[1]s
`,
	"fish": `function __%[1]s_complete
	set -l words (commandline -opc) (commandline -ct)
	$words[1] __complete $words[2..-1] 2>/dev/null
end
complete -c %[1]s -a '(__%[1]s_complete)'
`,
}

// Completion returns the command that prints the script by which a shell
// completes the words of the program called name.
func Completion(name string) Command {
	return Command{
		Name:  "completion",
		Args:  "bash|zsh|fish",
		Short: "print the script by which a shell completes commands and flags",
		Example: "source <(" + name + " completion bash)     # in ~/.bashrc\n" +
			"source <(" + name + " completion zsh)      # in ~/.zshrc, after compinit\n" +
			name + " completion fish | source       # in ~/.config/fish/config.fish",
		New: func(*flag.FlagSet) Action { return printScript(name) },
	}
}

func printScript(name string) Action {
	return func(_ context.Context, words []string, e Env) error {
		if len(words) != 1 || scripts[words[0]] == "" {
			return Usage("completion needs the name of a shell: bash, zsh or fish")
		}
		_, err := fmt.Fprintf(e.Out, scripts[words[0]], name)
		return err
	}
}

// complete prints the words that may stand where the last of the words is being
// typed, each with what it means behind a tab.
func complete(top named, words []string, out io.Writer) error {
	if len(words) == 0 {
		words = []string{""}
	}
	typed, last := words[:len(words)-1], words[len(words)-1]
	if len(typed) > 0 && typed[0] == "help" && !strings.HasPrefix(last, "-") {
		typed = typed[1:]
	}

	c, rest := top.find(typed)
	for _, w := range c.candidates(rest, strings.HasPrefix(last, "-")) {
		if strings.HasPrefix(w[0], last) {
			if _, err := fmt.Fprintf(out, "%s\t%s\n", w[0], w[1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// candidates returns the words, each with its meaning, that may follow a
// command and the words behind it: flags, or subcommands and what is written
// as they are.
func (c named) candidates(rest []string, flags bool) (list [][2]string) {
	fs, _, _ := c.flags()
	if flags {
		fs.VisitAll(func(f *flag.Flag) {
			_, usage := flag.UnquoteUsage(f)
			list = append(list, [2]string{"--" + f.Name, usage})
		})
		return append(list, [2]string{"--help", "print the help"})
	}

	if len(rest) > 0 && takesValue(fs, rest[len(rest)-1]) {
		return nil // the shell completes files
	}
	if len(rest) == 0 {
		for _, sub := range c.Commands {
			list = append(list, [2]string{sub.Name, sub.Short})
		}
		if strings.Contains(c.Args, "|") && strings.ToLower(c.Args) == c.Args {
			for word := range strings.SplitSeq(strings.Trim(c.Args, "[]"), "|") {
				list = append(list, [2]string{word, c.Short})
			}
		}
	}
	return list
}

// takesValue reports whether a word is a flag whose value is the next word.
func takesValue(fs *flag.FlagSet, word string) bool {
	f := fs.Lookup(strings.TrimLeft(word, "-"))
	if f == nil || !strings.HasPrefix(word, "-") {
		return false
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}
