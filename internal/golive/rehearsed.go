package golive

import "time"

// Rehearsal is what came of a walk through the edge cases.
type Rehearsal struct {
	At          time.Time `json:"at"`
	Version     string    `json:"version"`     // of checkoutd
	Fingerprint string    `json:"fingerprint"` // of the settings and the catalog
	Cases       int       `json:"cases"`       // that were walked
	Skipped     int       `json:"skipped"`     // that the settings do not allow
	Red         []string  `json:"red"`         // the names of those that went wrong
}

const rehearseTodo = "Run: server golive --rehearse"

// rehearsed judges the last rehearsal. One with other settings, or another
// catalog, says nothing about those of now.
func rehearsed(f *facts) verdict {
	r := f.kept.value.Rehearsal
	switch {
	case len(r.Red) > 0:
		return red(rehearseTodo, "rehearsed on %s: %d of %d cases went wrong (%s)", day(r.At), len(r.Red), r.Cases,
			list(r.Red))
	case r.Fingerprint != f.setup.Rehearsed:
		return red(rehearseTodo, "the settings or the catalog have changed since the rehearsal on %s", day(r.At))
	}
	return green("rehearsed on %s, %d cases, all green", day(r.At), r.Cases)
}
