package config

import "slices"

// option is one row of the option table.
type option struct {
	name string
	def  string // the default, "" for none
	// defaultIn, if not nil, returns the default of a run of Load; def then is
	// what the documentation shows.
	defaultIn func(*loading) string
	help      string // sentences for the documentation
	read      reader
	modes     []Mode // that use the option
	missing   string // what to do if a required option is not set

	// required lists the modes that do not start without the option.
	required []Mode

	// file lets the value come from the file that NAME_FILE names.
	file bool

	// redact returns the part of the value that may be shown. Nil shows all.
	redact func(string) string

	// live changes the option in a running server. Nil: it needs a restart.
	live live

	// sandboxMakes marks an option that the sandbox mode ignores, because it
	// makes the value itself.
	sandboxMakes bool
}

// A reader parses the value of an option and sets its field. Its error
// completes the sentence that begins with the option's name, and never
// contains the value of a secret.
type reader = func(c *Config, value string) error

// section is a heading of the documentation with the options below it.
type section struct {
	title   string
	options []option

	// finish, if not nil, runs when every option has been read: it derives
	// what follows from several options and checks options against each
	// other. It runs in checkoutModes only.
	finish func(*loading)
}

// sections returns the option table. Every call builds a new one, so callers
// cannot change each other's.
func sections() []section {
	return []section{
		stripeSection(),
		shopSection(),
		lookSection(),
		sellerSection(),
		paymentSection(),
		pageSection(),
		layoutSection(),
		savedMethodsSection(),
		rulesSection(),
		mailSection(),
		serverSection(),
		tlsSection(),
		tracesSection(),
		storageSection(),
		backgroundSection(),
		peopleSection(),
		outgoingSection(),
		connectSection(),
		appSection(),
		sandboxSection(),
	}
}

// table returns the rows of every section.
func table() []option {
	var all []option
	for _, s := range sections() {
		all = append(all, s.options...)
	}
	return all
}

// The modes that use an option.
var (
	serveOnly     = []Mode{Serve}
	checkoutModes = []Mode{Serve, Sandbox}
	offlineModes  = []Mode{Sandbox, Stripe}
	storageModes  = []Mode{Serve, Sandbox, Migrate}
	stripeModes   = []Mode{Serve, Sandbox, Conform}
	keyModes      = []Mode{Serve, Conform} // that take a key of Stripe's
	allModes      = []Mode{Serve, Sandbox, Stripe, Migrate, Healthcheck, Conform}
)

// usedIn reports whether mode m uses the option.
func (o option) usedIn(m Mode) bool { return slices.Contains(o.modes, m) }

// requiredIn reports whether mode m does not start without the option.
func (o option) requiredIn(m Mode) bool { return slices.Contains(o.required, m) }

// effectiveModes returns the modes in which setting the option changes
// something.
func (o option) effectiveModes() []Mode {
	return slices.DeleteFunc(slices.Clone(o.modes), func(m Mode) bool {
		return m == Sandbox && o.sandboxMakes
	})
}

// Option is one row of the option table as the documentation shows it.
type Option struct {
	Section  string
	Name     string
	Default  string
	Help     string
	Secret   bool   // the value is never shown
	File     bool   // the value may come from the file in NAME_FILE
	Live     bool   // a running server takes a new value without a restart
	Modes    []Mode // that use the option
	Required []Mode // that do not start without it
}

// Options returns the option table in its order.
func Options() []Option {
	var all []Option
	for _, s := range sections() {
		for _, o := range s.options {
			all = append(all, Option{
				Section:  s.title,
				Name:     o.name,
				Default:  o.def,
				Help:     o.help,
				Secret:   o.redact != nil,
				File:     o.file,
				Live:     o.live != nil,
				Modes:    o.effectiveModes(),
				Required: slices.Clone(o.required),
			})
		}
	}

	return all
}
