package conform

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Outcome is what came of a case.
type Outcome string

// The outcomes.
const (
	Same      Outcome = "same"
	Different Outcome = "different"
	NotTried  Outcome = "not_tried"
)

// Report is what came of a run. It can be sent to anybody: it names no key,
// account, object or e-mail. NotRemoved does, and is no part of it.
type Report struct {
	Checkoutd   string         `json:"checkoutd"`
	APIVersion  string         `json:"api_version"`
	Stripe      string         `json:"stripe"` // the server that was asked
	Date        string         `json:"date"`
	Interrupted bool           `json:"interrupted"`
	Requests    int64          `json:"requests"`
	Seconds     int64          `json:"seconds"`
	Counts      map[string]int `json:"counts"` // of cases, by outcome
	Cases       []Result       `json:"cases"`
	Stay        map[string]int `json:"stay"`       // what Stripe keeps of the run
	Unfinished  int            `json:"unfinished"` // cases that ended for want of an answer or of time

	NotRemoved []string `json:"-"`
}

// Result is what came of one case.
type Result struct {
	Name        string       `json:"name"`
	Outcome     Outcome      `json:"outcome"`
	Relies      string       `json:"relies_on"`
	Where       string       `json:"where"`
	Reason      string       `json:"reason,omitempty"`     // why it was not tried
	Unfinished  bool         `json:"unfinished,omitempty"` // it ended for want of an answer or of time
	Differences []Difference `json:"differences,omitempty"`
}

// Difference is one value that is not as expected.
type Difference struct {
	Call string `json:"call"`
	What string `json:"what"` // the path of the value
	Want string `json:"want"`
	Got  string `json:"got"`
}

func (r *Report) count() {
	r.Counts = map[string]int{string(Same): 0, string(Different): 0, string(NotTried): 0}
	for _, c := range r.Cases {
		r.Counts[string(c.Outcome)]++
		if c.Unfinished {
			r.Unfinished++
		}
	}
}

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "checkoutd %s, %s, Stripe API %s, %s\n", r.Checkoutd, r.Stripe, r.APIVersion, r.Date)
	fmt.Fprintf(&b, "%d cases: %d as expected, %d different, %d not tried. %d requests in %d seconds.\n",
		len(r.Cases), r.Counts[string(Same)], r.Counts[string(Different)], r.Counts[string(NotTried)],
		r.Requests, r.Seconds)

	if r.Interrupted {
		b.WriteString("The run was interrupted.\n")
	}

	r.differences(&b)
	r.untried(&b)

	if len(r.Stay) > 0 {
		b.WriteString("\nStripe keeps of this run:\n")
		for _, name := range slices.Sorted(maps.Keys(r.Stay)) {
			fmt.Fprintf(&b, "  %d %s\n", r.Stay[name], name)
		}

		b.WriteString("  with their charges, refunds, tokens and events; nothing of it is real money.\n")
	}

	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) differences(b *strings.Builder) {
	if r.Counts[string(Different)] > 0 {
		b.WriteString("\nDifferent:\n")
	}

	for _, c := range r.Cases {
		if c.Outcome != Different {
			continue
		}

		fmt.Fprintf(b, "  %s (%s)\n    %s\n", c.Name, c.Where, c.Relies)
		for _, d := range c.Differences {
			fmt.Fprintf(b, "    %s: %s\n      want %s\n      got  %q\n", d.Call, d.What, d.Want, d.Got)
		}
	}
}

// untried lists the cases that were not tried, by the reason.
func (r *Report) untried(b *strings.Builder) {
	byReason := map[string][]string{}
	for _, c := range r.Cases {
		if c.Outcome == NotTried {
			byReason[c.Reason] = append(byReason[c.Reason], c.Name)
		}
	}

	if len(byReason) > 0 {
		b.WriteString("\nNot tried:\n")
	}

	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		fmt.Fprintf(b, "  %s: %s\n", reason, strings.Join(byReason[reason], ", "))
	}
}

var (
	address = regexp.MustCompile(`https?://[^\s"'<>]+`)
	email   = regexp.MustCompile(`[^\s@"'<>(]+@[^\s@"'<>)]+`)
	word    = regexp.MustCompile(`[A-Za-z0-9_*]{8,}`)
	shape   = regexp.MustCompile(`^([a-z]{2,12})_[A-Za-z0-9_*]*[A-Z0-9*]`)
)

// maxQuote bounds a text of Stripe's in a report, in bytes.
const maxQuote = 400

// clean returns a text of Stripe's without keys, IDs, addresses and e-mails. Of
// an ID its prefix stays, of an address its host.
func (r *runner) clean(s string) string {
	s = strings.ReplaceAll(s, r.config.Key, "the key")
	s = address.ReplaceAllStringFunc(s, func(found string) string {
		u, err := url.Parse(found)
		if err != nil {
			return "an address"
		}
		return u.Scheme + "://" + u.Host + "/…"
	})

	s = email.ReplaceAllString(s, "an e-mail address")

	s = word.ReplaceAllStringFunc(s, func(found string) string {
		if parts := shape.FindStringSubmatch(found); parts != nil {
			return parts[1] + "_…"
		}
		return found
	})

	if len(s) > maxQuote {
		s = strings.ToValidUTF8(s[:maxQuote], "") + "…"
	}

	return s
}
