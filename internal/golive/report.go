package golive

import (
	"time"
)

// Status is the outcome of a check.
type Status string

// The outcomes.
const (
	Green  Status = "green"
	Red    Status = "red"
	Hidden Status = "not_visible" // with this key, or from here
)

// Result is the outcome of one check.
type Result struct {
	Check    string `json:"check"` // the name, as in docs/golive.md
	Title    string `json:"title"`
	Status   Status `json:"status"`
	Evidence string `json:"evidence"`
	Todo     string `json:"todo,omitempty"` // what to do
	// Permission is what the key lacks, as Stripe names it: rak_….
	Permission string `json:"permission,omitempty"`
	Help       string `json:"help"` // the section of the documentation
}

// Report is the outcome of a run. It contains no key and no secret.
type Report struct {
	ID       string    `json:"id"`
	RanAt    time.Time `json:"ran_at"`
	Version  string    `json:"version"` // of checkoutd
	Livemode bool      `json:"livemode"`
	Status   Status    `json:"status"` // red if any check is; green if none is
	Green    int       `json:"green"`
	Red      int       `json:"red"`
	Hidden   int       `json:"not_visible"`
	Checks   []Result  `json:"checks"`
}

// count sets the sums of the report. Not visible is not red: what this key may
// not see, somebody else has to look at.
func (r *Report) count() {
	r.Status = Green
	for _, c := range r.Checks {
		switch c.Status {
		case Green:
			r.Green++
		case Hidden:
			r.Hidden++
		default:
			r.Red++
			r.Status = Red
		}
	}
}

// verdict is what a check says.
type verdict struct {
	status         Status
	evidence, todo string
	permission     string
}
