package golive

import (
	"context"
	"time"
)

// Document is a report with what came before it, for programs and pages.
type Document struct {
	Object string `json:"object"` // always "golive_report"
	*Report
	// LastGreen is when nothing was red last, nil for never since the oldest
	// run that is kept.
	LastGreen *time.Time `json:"last_green"`
	History   []PastRun  `json:"history"` // newest first; its first is the report
}

// PastRun is a run without its checks.
type PastRun struct {
	ID       string    `json:"id"`
	RanAt    time.Time `json:"ran_at"`
	Version  string    `json:"version"`
	Livemode bool      `json:"livemode"`
	Status   Status    `json:"status"`
	Green    int       `json:"green"`
	Red      int       `json:"red"`
	Hidden   int       `json:"not_visible"`
	Changes  []Change  `json:"changes"` // since the run before
}

// Document returns the last report that is kept, with the history. ok is false
// if none is.
func (s *Service) Document(ctx context.Context) (d Document, ok bool, err error) {
	runs, err := s.Runs(ctx)
	if err != nil || len(runs) == 0 {
		return Document{}, false, err
	}
	return newDocument(runs), true, nil
}

// newDocument returns the document of runs, which are newest first.
func newDocument(runs []*Report) Document {
	d := Document{Object: "golive_report", Report: runs[0], History: make([]PastRun, 0, len(runs))}
	for i, r := range runs {
		if r.Status == Green && d.LastGreen == nil {
			d.LastGreen = &r.RanAt
		}

		changes := []Change{}
		if i+1 < len(runs) {
			changes = append(changes, Changes(runs[i+1], r)...)
		}

		d.History = append(d.History, PastRun{
			ID:       r.ID,
			RanAt:    r.RanAt,
			Version:  r.Version,
			Livemode: r.Livemode,
			Status:   r.Status,
			Green:    r.Green,
			Red:      r.Red,
			Hidden:   r.Hidden,
			Changes:  changes,
		})
	}

	return d
}
