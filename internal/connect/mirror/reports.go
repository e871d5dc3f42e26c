package mirror

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"checkoutd/internal/fault"
)

// Report describes a report: a row for each day (in UTC) and each combination
// of Keys on which there was something, with Figures.
type Report struct {
	Keys    []string
	Figures []string
	// ratio computes one more column of the figures; nil if there is none.
	ratio func(figures []int64) (part, whole int64)
}

// Row is a row of a report.
type Row struct {
	Day     time.Time
	Keys    []string
	Figures []int64
}

// reports are all reports, by name. Amounts are in minor units.
var reports = map[string]Report{
	"payments": {
		Keys:    []string{"currency", "status"},
		Figures: []string{"payments", "amount", "amount_received"},
	},
	"success": {
		Keys:    []string{"currency"},
		Figures: []string{"payments", "attempted", "succeeded"},
		ratio:   func(f []int64) (part, whole int64) { return f[2], f[1] },
	},
	"declines": {
		Keys:    []string{"currency", "decline_code"},
		Figures: []string{"charges", "amount"},
	},
	"refunds": {
		Keys:    []string{"currency", "status", "reason"},
		Figures: []string{"refunds", "amount"},
	},
	"disputes": {
		Keys:    []string{"currency", "status", "reason"},
		Figures: []string{"disputes", "amount"},
	},
	"fees": {
		Keys:    []string{"currency", "kind"},
		Figures: []string{"objects", "amount"},
	},
}

// ratioColumn is the name of the column that a ratio fills.
const ratioColumn = "success_rate"

// ReportNames returns the names of the reports in alphabetical order.
func ReportNames() []string { return slices.Sorted(maps.Keys(reports)) }

// ErrNoReport is returned for a report that does not exist.
var ErrNoReport = fault.New(fault.NotFound, "report_not_found",
	"There is no such report: use declines, disputes, fees, payments, refunds or success.")

// chunk is how much time one query of a report covers. A report of any length
// is written while it is read, and holds no connection meanwhile.
const chunk = 32 * 24 * time.Hour

// ReportQuery selects the rows of a report.
type ReportQuery struct {
	Account  string
	Name     string
	From, To time.Time // days; zero for no limit
	OneLine  bool      // WriteJSON breaks no lines
}

// read passes the rows of a report to write, oldest first, a few weeks at a
// time.
func (q ReportQuery) read(ctx context.Context, s Store, now time.Time, write func(Row) error) error {
	oldest, err := s.MirrorOldest(ctx, q.Account)
	if err != nil || oldest.IsZero() {
		return err
	}

	from, to := day(oldest), q.To
	if q.From.After(from) {
		from = q.From
	}

	// Clocks differ, so the newest objects may be of the future.
	if end := day(now).Add(2 * 24 * time.Hour); to.IsZero() || to.After(end) {
		to = end
	}

	for from.Before(to) {
		end := from.Add(chunk)
		if end.After(to) {
			end = to
		}

		rows, err := s.MirrorReport(ctx, q.Account, q.Name, from, end)
		if err != nil {
			return err
		}

		for _, r := range rows {
			if err := write(r); err != nil {
				return err
			}
		}

		from = end
	}

	return nil
}

// day returns the beginning of a day.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// WriteCSV writes a report as CSV. A report that exists and has no rows is its
// header alone.
func (q ReportQuery) WriteCSV(ctx context.Context, s Store, now time.Time, w io.Writer) error {
	r, ok := reports[q.Name]
	if !ok {
		return ErrNoReport
	}

	out := csv.NewWriter(w)
	if err := out.Write(r.columns()); err != nil {
		return err
	}

	err := q.read(ctx, s, now, func(row Row) error {
		line := append([]string{row.Day.Format(time.DateOnly)}, row.Keys...)
		for _, n := range row.Figures {
			line = append(line, strconv.FormatInt(n, 10))
		}

		if rate, ok := r.rate(row); ok {
			line = append(line, rate)
		}

		return out.Write(line)
	})

	out.Flush()

	if err == nil {
		err = out.Error()
	}

	return err
}

// WriteJSON writes a report as one JSON object with its rows in data, each on a
// line of its own unless OneLine is set.
func (q ReportQuery) WriteJSON(ctx context.Context, s Store, now time.Time, w io.Writer) error {
	r, ok := reports[q.Name]
	if !ok {
		return ErrNoReport
	}

	_, err := fmt.Fprintf(w, `{"object":"report","account":%s,"report":%s,"data":[`, quoted(q.Account), quoted(q.Name))
	if err != nil {
		return err
	}

	newline := "\n"
	if q.OneLine {
		newline = ""
	}

	between := newline
	err = q.read(ctx, s, now, func(row Row) error {
		_, err := io.WriteString(w, between+string(r.object(row)))
		between = "," + newline
		return err
	})
	if err != nil {
		return err
	}

	_, err = io.WriteString(w, newline+"]}\n")
	return err
}

// columns returns the names of the columns.
func (r Report) columns() []string {
	list := slices.Concat([]string{"day"}, r.Keys, r.Figures)
	if r.ratio != nil {
		list = append(list, ratioColumn)
	}
	return list
}

// rate returns the ratio of a row as a number between 0 and 1, "" if it divides
// by nothing. ok is false if the report has none.
func (r Report) rate(row Row) (rate string, ok bool) {
	if r.ratio == nil {
		return "", false
	}
	part, whole := r.ratio(row.Figures)
	if whole == 0 {
		return "", true
	}
	return strconv.FormatFloat(float64(part)/float64(whole), 'f', 4, 64), true
}

// object returns a row as JSON, with the columns in their order. A key without
// a value, as the reason of most refunds, is null.
func (r Report) object(row Row) []byte {
	out := []byte(`{"day":` + quoted(row.Day.Format(time.DateOnly)))
	for i, name := range r.Keys {
		value := "null"
		if row.Keys[i] != "" {
			value = quoted(row.Keys[i])
		}

		out = append(out, `,`+quoted(name)+`:`+value...)
	}

	for i, name := range r.Figures {
		out = strconv.AppendInt(append(out, `,`+quoted(name)+`:`...), row.Figures[i], 10)
	}

	if rate, ok := r.rate(row); ok {
		if rate == "" {
			rate = "null"
		}

		out = append(out, `,`+quoted(ratioColumn)+`:`+rate...)
	}

	return append(out, '}')
}

// quoted returns a text as JSON.
func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return `""` // strings always marshal
	}
	return string(text)
}
