package golive

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Change is a check whose status differs from the run before.
type Change struct {
	Check string `json:"check"`
	Prev  Status `json:"from,omitempty"` // "" if the check was not made
	Next  Status `json:"to,omitempty"`
}

// String returns the change as people read it.
func (c Change) String() string {
	return c.Check + ": " + or(string(c.Prev), "not made") + " → " + or(string(c.Next), "not made")
}

// Changes returns what changed from one report to the next, in the order of the
// reports.
func Changes(prev, next *Report) (list []Change) {
	before := map[string]Status{}
	for _, c := range prev.Checks {
		before[c.Check] = c.Status
	}

	for _, c := range next.Checks {
		if before[c.Check] != c.Status {
			list = append(list, Change{Check: c.Check, Prev: before[c.Check], Next: c.Status})
		}

		delete(before, c.Check)
	}

	for _, c := range prev.Checks {
		if status, gone := before[c.Check]; gone {
			list = append(list, Change{Check: c.Check, Prev: status})
		}
	}

	return list
}

// newTick returns what a person says of a box. The error is for people.
func (s *Service) newTick(box, person, note string, ticked bool) (t Tick, err error) {
	person, note = strings.TrimSpace(person), strings.TrimSpace(note)
	switch {
	case !IsBox(box) && box != backupBox:
		return t, fmt.Errorf("there is no box %q: the names are in the table of \"server golive\"", box)
	case person == "" || utf8.RuneCountInString(person) > maxText || utf8.RuneCountInString(note) > maxText:
		return t, fmt.Errorf("--by must say who it is; it and --note have at most %d characters", maxText)
	}

	return Tick{
		ID:     s.cfg.NewID("tick_"),
		Box:    box,
		Ticked: ticked,
		Person: person,
		Note:   note,
		At:     s.cfg.Now(),
	}, nil
}

const (
	maxText   = 200
	backupBox = "database-backup" // something else than this program does it
)

// Tick keeps that a person ticked a box.
func (s *Service) Tick(ctx context.Context, box, person, note string) error {
	return s.tick(ctx, box, person, note, true)
}

// Untick keeps that a person took a tick back.
func (s *Service) Untick(ctx context.Context, box, person, note string) error {
	return s.tick(ctx, box, person, note, false)
}

func (s *Service) tick(ctx context.Context, box, person, note string, ticked bool) error {
	t, err := s.newTick(box, person, note, ticked)
	if err != nil {
		return err
	}
	return s.cfg.Store.TickGoLive(ctx, t)
}

// KeptRuns is how many reports are kept: one a day for three months.
const KeptRuns = 100

// Runs returns the reports that are kept, newest first.
func (s *Service) Runs(ctx context.Context) ([]*Report, error) {
	return s.cfg.Store.GoLiveRuns(ctx, KeptRuns)
}
