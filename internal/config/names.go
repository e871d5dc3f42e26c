package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"checkoutd/internal/spelling"
)

// minGuessLength is the least length of an option's name at which a similar
// name in the environment is taken for a misspelling. Shorter names resemble
// variables of other programs by chance.
const minGuessLength = 12

// misspeltNames returns a sentence for every name that is probably a misspelt
// option. In .env that is any name similar to an option's. The environment
// also holds the variables of other programs, so there the name must begin
// with STRIPE_ or resemble an option with a long name.
func (l *loading) misspeltNames() []string {
	known := map[string]bool{}
	var names []string
	for _, o := range table() {
		names = append(names, o.name)
		known[o.name] = true
		known[o.name+"_FILE"] = o.file
	}

	var all []string
	for _, layer := range l.sources.layers {
		for _, name := range slices.Sorted(maps.Keys(layer.values)) {
			guess := nearestOption(name, names)
			if known[name] || !layer.suspect(name, guess) {
				continue
			}

			sentence := fmt.Sprintf("%s in the %s is not an option of checkoutd and is ignored.", name, layer.title())
			if guess != "" {
				sentence += fmt.Sprintf(" Did you mean %s?", guess)
			}

			all = append(all, sentence)
		}
	}

	return all
}

// suspect reports whether a name that is no option was probably meant for
// one. guess is the option it resembles, "" for none.
func (l layer) suspect(name, guess string) bool {
	if strings.HasPrefix(name, "STRIPE_") && !readByStripeCLI(name) {
		return true
	}
	return guess != "" && (l.name == dotenv || len(guess) >= minGuessLength)
}

// readByStripeCLI reports whether the Stripe CLI reads the variable.
func readByStripeCLI(name string) bool {
	return strings.HasPrefix(name, "STRIPE_CLI_") || name == "STRIPE_DEVICE_NAME"
}

// nearestOption returns the option whose name is at most two edits away, or
// "".
func nearestOption(name string, options []string) string {
	if name == "STRIPE_API_KEY" { // the Stripe CLI's name for it
		return "STRIPE_SECRET_KEY"
	}
	return spelling.Nearest(name, options, 2)
}
