package main

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
)

func TestConnectMirrorAndReport(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	_, err := s.ChangeConnectAccount(t.Context(), "acct_1", func(a *connect.Account) error {
		a.Scope, a.State, a.ConnectedAt = connect.ReadOnly, connect.Connected, time.Now()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	p.fails([]string{"connect", "mirror"}, "needs the ID of one account")
	p.fails([]string{"connect", "mirror", "acct_none"}, "no such connected account")
	p.fails([]string{"connect", "mirror", "acct_1"}, "not stored here")
	p.fails([]string{"connect", "mirror", "acct_1", "--since", "soon"}, "is not a time")
	p.fails([]string{"connect", "report", "acct_1", "fees"}, "not stored here")

	if out := p.ok("connect", "mirror", "acct_1", "--since", "2026-01-31"); !strings.HasPrefix(out, "waiting, 0 objects") {
		t.Errorf("printed %q", out)
	}

	m, err := s.Mirror(t.Context(), "acct_1")
	if err != nil || !m.Since.Equal(time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the mirror is %+v, %v", m, err)
	}

	day := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	_, err = s.ApplyMirror(t.Context(), "acct_1", &mirror.Batch{Payments: []mirror.Payment{
		{
			ID:        "pi_1",
			Amount:    1200,
			Received:  1200,
			Currency:  "eur",
			Status:    "succeeded",
			CreatedAt: day,
		},
		{
			ID:        "pi_2",
			Amount:    500,
			Currency:  "eur",
			Status:    "canceled",
			CreatedAt: day.AddDate(0, 0, 5),
		},
	}})
	if err == nil {
		_, err = s.ChangeMirror(t.Context(), "acct_1", func(m *mirror.Mirror) {
			m.Pass, m.StartedAt, m.BackfilledAt = 1, day, day
			m.From, m.Objects, m.Calls = m.Since, 4321, 44
			m.Lists = []mirror.List{{Kind: mirror.Charges, Done: true}}
		})
	}
	if err != nil {
		t.Fatal(err)
	}

	const line = "current: back to 2026-01-31, 4321 objects in 44 calls\n"
	if out := p.ok("connect", "mirror", "acct_1", "--watch"); out != line {
		t.Errorf("printed %q", out)
	}

	e, out, bar := p.env()
	e.Terminal = true

	if err := run(t.Context(), []string{"connect", "mirror", "acct_1", "--watch"}, e); err != nil {
		t.Fatal(err)
	}
	if want := "[" + strings.Repeat("#", 24) + "] " + line; out.String() != "" || !strings.HasSuffix(bar.String(), want) {
		t.Errorf("the terminal shows %q, the output is %q", bar, out)
	}

	p.fails([]string{"connect", "report", "acct_1"}, "declines, disputes, fees")
	p.fails([]string{"connect", "report", "acct_1", "none"}, "no such report")
	p.fails([]string{"connect", "report", "acct_1", "fees", "--format", "xml"}, "unknown format")

	const head = "day,currency,status,payments,amount,amount_received\n"
	if out := p.ok("connect", "report", "acct_1", "payments", "--to", "2026-02-01"); out != head+"2026-02-01,eur,succeeded,1,1200,1200\n" {
		t.Errorf("the report is %q", out)
	}

	if out := p.ok("connect", "report", "acct_1", "payments", "--from", "2026-02-02", "--format", "json"); !strings.Contains(out,
		`{"day":"2026-02-06","currency":"eur","status":"canceled","payments":1,"amount":500,"amount_received":0}`) {
		t.Errorf("the report is %q", out)
	}

	args := []string{"connect", "report", "acct_1", "payments", "--json"}
	report := p.ok(args...)
	wantObjects(t, args, report)

	if !strings.Contains(report, `"payments":1,"amount":1200,"amount_received":1200},{"day":"2026-02-06"`) {
		t.Errorf("the report is %q", report)
	}
}
