package golive

import (
	"slices"
	"time"
)

// box is what no API shows, so that a person has to tick it.
type box struct {
	name, title string
	question    string // what whoever ticks it says
	// valid is how long a tick counts; 0: for good.
	valid   time.Duration
	connect bool // only where accounts of others are connected
	// rehearsed says that a rehearsal is better than a tick, where there was
	// one.
	rehearsed bool
}

// aYear is how long what has to be done regularly counts.
const aYear = 365 * 24 * time.Hour

// boxes is the table of what is ticked by a person.
var boxes = []box{
	{"box-tested", "Somebody else has tested it",
		"somebody who did not build the shop has bought something, and tried to break it", 0, false, false},
	{"box-edge-cases", "Edge cases were tried",
		"incomplete, invalid and duplicate data were tried, and the cards for tests", 0, false, true},
	{"box-errors", "Every kind of error was seen",
		"every type of error was tried, and what buyers read about it makes sense", 0, false, true},
	{"box-logs", "The logs were read",
		"the logs of the server, the proxy and the shop hold what is needed, and nothing sensitive", aYear, false, false},
	{"box-rotated", "The keys are fresh",
		"the keys were rolled before going live, and within the last year", aYear, false, false},
	{"box-access", "The Dashboard is protected",
		"only those who need it have access to the Dashboard, with two-step authentication", aYear, false, false},
	{"box-radar", "Rules against fraud",
		"the rules of Radar, 3D Secure included, were looked at", 0, false, false},
	{"box-announcements", "Changes at Stripe are read",
		"somebody reads Stripe's announcements of changes to the API (the api-announce mailing list)", 0, false, false},
	{"box-receipts", "Receipts",
		"the receipts and the branding in the Dashboard were looked at", 0, false, false},
	{"box-account-version", "The account's API version",
		"the default API version of the account was looked at in Workbench", 0, false, false},
	{"box-oauth", "Connect's settings",
		"OAuth's redirect addresses are set for live mode, and its page with your name was looked at", 0, true, false},
}

// IsBox reports whether there is a box of that name.
func IsBox(name string) bool {
	return slices.ContainsFunc(boxes, func(b box) bool { return b.name == name })
}

// check returns the row of the table of checks for the box.
func (b box) check() check {
	c := check{name: b.name, title: b.title, judge: b.judge}
	if b.connect {
		c.applies = connectOn
	}
	return c
}

func (b box) judge(f *facts) verdict {
	todo := "If it is so that " + b.question + ", run: server golive tick " + b.name + " --by NAME"
	if f.kept.err != nil {
		return noDatabase(f.kept.err)
	}

	if b.rehearsed && !f.kept.value.Rehearsal.At.IsZero() {
		return rehearsed(f)
	}
	if b.rehearsed {
		todo = rehearseTodo
	}

	t, ticked := f.kept.value.Ticks[b.name]
	switch {
	case !ticked:
		return red(todo, "nobody has ticked it")
	case b.valid > 0 && f.now.Sub(t.At) > b.valid:
		return red(todo, "%s ticked it on %s, too long ago", t.Person, day(t.At))
	}

	return green("%s ticked it on %s%s", t.Person, day(t.At), note(t))
}

func note(t Tick) string {
	if t.Note == "" {
		return ""
	}
	return ": " + t.Note
}
