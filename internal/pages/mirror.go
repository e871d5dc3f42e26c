package pages

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/texts"
)

// Mirrors tells how far the copies of connected accounts' payments have come.
// *mirror.Reader implements it.
type Mirrors interface {
	// Progress returns the progress of an account's mirror, or
	// mirror.ErrNotMirrored.
	Progress(ctx context.Context, accountID string) (mirror.Progress, error)
}

// mirrorView is the view of mirror.html.
type mirrorView struct {
	State   string // the key of its texts, as the API names it; "none" without a mirror
	Mark    string // the sign above the title
	Texts   texts.State
	Back    string // to the dashboard
	Percent int    // of the time that is read; -1 if it is not known
	Share   string // Percent as text
	BackTo  dateView
	Objects string // how many were read
	Left    string // how long it takes still, "" if it is not known
	Next    dateView
}

// ServeMirror is GET /connect/dashboard/progress: how far the copy of the
// account's payments has come, for the browser's session. The page asks again
// by itself, with scripts or without.
func (p *Pages) ServeMirror(w http.ResponseWriter, r *http.Request) error {
	account, err := p.cfg.Dashboard.Sessions.Account(r)
	if err != nil {
		return err
	}

	progress, err := p.cfg.Dashboard.Mirrors.Progress(r.Context(), account)
	if errors.Is(err, mirror.ErrNotMirrored) {
		progress, err = mirror.Progress{State: noMirror}, nil
	}
	if err != nil {
		return err
	}

	loc := p.localeOf(r)
	v := loc.mirrorView(&progress)
	v.Back = p.cfg.Dashboard.Path

	pg := p.page(loc, "mirror", v.Texts.Title)
	pg.View, pg.Refresh = v, slowRefreshSeconds
	if progress.State == mirror.Backfilling {
		pg.Refresh = mirrorRefreshSeconds
	}

	w.Header().Set("Cache-Control", "no-store")
	return p.render(w, http.StatusOK, pg)
}

const (
	// mirrorRefreshSeconds is how often the page looks while it counts.
	mirrorRefreshSeconds = 5

	noMirror mirror.State = "none"
)

func (l locale) mirrorView(m *mirror.Progress) mirrorView {
	t := l.texts.Mirror
	v := mirrorView{
		State:   string(m.State),
		Mark:    "checking",
		Texts:   t.States[string(m.State)],
		Percent: -1,
		Objects: message.NewPrinter(language.Make(l.tag)).Sprintf("%d", m.Objects),
	}

	if m.State == mirror.Current {
		v.Mark = "paid"
	}

	if m.BackTo != nil && m.State != mirror.Current {
		v.BackTo = l.date(*m.BackTo)
	}

	if m.NextAt != nil {
		v.Next = l.date(*m.NextAt)
	}

	if m.Share != nil && (m.State == mirror.Backfilling || m.State == mirror.Checking) {
		v.Percent = int(*m.Share * 100)
		v.Share = fill(t.Percent, "n", strconv.Itoa(v.Percent))
	}

	if m.Remaining != nil && v.Percent >= 0 {
		v.Left = l.left(time.Duration(*m.Remaining) * time.Second)
	}

	return v
}

// left returns how long something takes, roughly.
func (l locale) left(d time.Duration) string {
	t := l.texts.Mirror
	switch {
	case d < time.Minute:
		return t.Soon
	case d < 2*time.Hour:
		return fill(t.Minutes, "n", strconv.Itoa(int(d.Minutes())))
	}
	return fill(t.Hours, "n", strconv.Itoa(int(d.Hours())))
}
