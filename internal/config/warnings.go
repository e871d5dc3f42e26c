package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"checkoutd/internal/spelling"
)

// warnings finds what is probably a mistake but stops nothing.
func (l *loading) warnings() []string {
	all := l.unknownNames()
	if l.mode == Serve && strings.HasPrefix(l.config.BaseURL, "https://") && len(l.config.TrustedProxies) == 0 {
		all = append(all, "BASE_URL is https, but TRUSTED_PROXIES is empty: "+
			"every buyer will seem to come over plain http from the proxy's address.")
	}
	for _, name := range l.config.PaymentMethodTypes {
		if !slices.Contains(knownTypes, name) {
			all = append(all, "PAYMENT_METHOD_TYPES has "+name+", which is no payment method that checkoutd knows: "+
				"if Stripe does not know it either, nobody can pay.")
		}
	}
	if l.mode != Sandbox {
		return all
	}
	for _, o := range table() {
		if o.sandboxMakes && l.given(o.name) {
			all = append(all, o.name+" is not used in sandbox mode, which has its own.")
		}
	}
	if !isLoopback(l.config.Addr) {
		all = append(all, "ADDR can be reached from other machines, but the offline Stripe cannot: "+
			"browsers elsewhere will see the shop and not the payment form.")
	}
	return all
}

// given reports whether any layer has a value for the option.
func (l *loading) given(name string) bool {
	for _, layer := range l.sources.layers {
		if strings.TrimSpace(layer.values[name]) != "" || layer.values[name+"_FILE"] != "" {
			return true
		}
	}
	return false
}

// liveKeys names the options that hold a live key, in any layer or file.
func (l *loading) liveKeys() []string {
	var names []string
	for _, layer := range l.sources.layers {
		for _, name := range slices.Sorted(maps.Keys(layer.values)) {
			if strings.HasPrefix(name, "STRIPE_") && l.isLive(name, layer.values[name]) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func (l *loading) isLive(name, text string) bool {
	if strings.HasSuffix(name, "_FILE") {
		// Not used in sandbox mode, so a file that cannot be read is no matter.
		if content, err := l.sources.readFile(text); err == nil {
			text = string(content)
		}
	}
	return keyMode(strings.TrimSpace(text)) == "live"
}

// unknownNames looks for misspelt options: everything in .env or the
// environment that begins with STRIPE_, and whatever is nearly the name of an
// option. The environment is full of others' names, so there the option's name
// must be a long one.
func (l *loading) unknownNames() []string {
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
			near := nearest(name, names)
			suspect := strings.HasPrefix(name, "STRIPE_") && !ofStripeCLI(name) ||
				near != "" && (layer.name == dotenv || len(near) >= longName)
			if known[name] || !suspect {
				continue
			}
			sentence := fmt.Sprintf("%s in the %s is no option of checkoutd and is ignored.", name, layer.title())
			if near != "" {
				sentence += fmt.Sprintf(" Did you mean %s?", near)
			}
			all = append(all, sentence)
		}
	}
	return all
}

// longName is how many letters an option's name has that nobody else's resembles by chance.
const longName = 12

// ofStripeCLI reports whether the variable is one that the Stripe CLI reads.
func ofStripeCLI(name string) bool {
	return strings.HasPrefix(name, "STRIPE_CLI_") || name == "STRIPE_DEVICE_NAME"
}

// nearest is the option whose name is at most two slips away, or "".
func nearest(name string, options []string) string {
	if name == "STRIPE_API_KEY" { // the Stripe CLI's name for it
		return "STRIPE_SECRET_KEY"
	}
	return spelling.Nearest(name, options, 2)
}
