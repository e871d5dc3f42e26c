package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"checkoutd/internal/golive"
	"checkoutd/internal/store/sqldb"
)

// goliveRun is a report as it is stored.
type goliveRun struct {
	id     string
	report golive.Report
	at     time.Time
}

var (
	goliveRunTable = sqldb.NewTable("golive_runs", func(r *goliveRun) []sqldb.Cell {
		return []sqldb.Cell{
			sqldb.ID(&r.id),
			sqldb.JSON("report", &r.report),
			sqldb.CreatedAt(&r.at),
		}
	})
	goliveTickTable = sqldb.NewTable("golive_ticks", func(t *golive.Tick) []sqldb.Cell {
		return []sqldb.Cell{
			sqldb.ID(&t.ID),
			sqldb.Text("box", &t.Box),
			sqldb.Bool("ticked", &t.Ticked),
			sqldb.Text("person", &t.Person),
			sqldb.Text("note", &t.Note),
			sqldb.CreatedAt(&t.At),
		}
	})
)

// ReadGoLive returns what the database tells about itself; see golive.Store.
func (s *Store) ReadGoLive(ctx context.Context, livemode bool) (k golive.Kept, err error) {
	if k.BoundTo, err = s.BoundTo(ctx); err != nil {
		return k, err
	}
	if k.Account, err = s.Account(ctx); err != nil {
		return k, err
	}

	k.OtherMode, _, err = sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT (SELECT COUNT(*) FROM orders WHERE livemode <> $1)
			+ (SELECT COUNT(*) FROM connect_accounts WHERE livemode <> $1 AND state = 'connected')`, livemode)
	if err != nil {
		return k, err
	}

	micros, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT created_at FROM settings WHERE name = 'last backup'`)
	if err != nil {
		return k, err
	}

	k.LastBackup = sqldb.FromMicros(micros)

	k.NoCharges, err = sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT id FROM connect_accounts WHERE state = 'connected' AND NOT charges_enabled ORDER BY id LIMIT 100`)
	if err != nil {
		return k, err
	}
	if k.Verified, err = s.verifiedBy(ctx); err != nil {
		return k, err
	}

	if k.Rehearsal, err = s.rehearsal(ctx); err != nil {
		return k, err
	}

	k.Ticks, err = s.goliveTicks(ctx)
	return k, err
}

// rehearsalSetting is the last rehearsal, as JSON.
const rehearsalSetting = "golive rehearsal"

// rehearsal returns the last rehearsal, an empty one if there was none.
func (s *Store) rehearsal(ctx context.Context) (r golive.Rehearsal, err error) {
	text, ok, err := s.setting(ctx, rehearsalSetting)
	if err != nil || !ok {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// KeepRehearsal keeps a rehearsal instead of the one before it.
func (s *Store) KeepRehearsal(ctx context.Context, r golive.Rehearsal) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, replaceSetting, rehearsalSetting, text, sqldb.Micros(r.At))
	return err
}

// verifiedBy returns when the last event arrived, by the fingerprint of the
// secret that verified it. It looks at the newest events alone: there may be
// millions.
func (s *Store) verifiedBy(ctx context.Context) (map[string]time.Time, error) {
	type last struct {
		secret string
		at     int64
	}

	list, err := sqldb.QueryAll(ctx, s.db.Reader(), func(row sqldb.Row) (l last, err error) {
		return l, row.Scan(&l.secret, &l.at)
	}, `SELECT secret, MAX(received_at) FROM
		(SELECT secret, received_at FROM events ORDER BY received_at DESC, id DESC LIMIT 10000) newest
		WHERE secret <> '' GROUP BY secret`)

	verified := make(map[string]time.Time, len(list))
	for _, l := range list {
		verified[l.secret] = sqldb.FromMicros(l.at)
	}

	return verified, err
}

// goliveTicks returns the boxes that are ticked now.
func (s *Store) goliveTicks(ctx context.Context) (map[string]golive.Tick, error) {
	list, err := sqldb.QueryAll(ctx, s.db.Reader(), goliveTickTable.Scan,
		goliveTickTable.Select()+" ORDER BY created_at, id")

	ticks := map[string]golive.Tick{}
	for _, t := range list { // the last one counts
		delete(ticks, t.Box)
		if t.Ticked {
			ticks[t.Box] = t
		}
	}

	return ticks, err
}

// TickGoLive keeps what a person ticked or took back.
func (s *Store) TickGoLive(ctx context.Context, t golive.Tick) error {
	return s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		return q.Run(ctx, goliveTickTable.Insert(&t, s.now()))
	})
}

// SeeGoLiveKey returns when a key was seen first; see golive.Store.
func (s *Store) SeeGoLiveKey(ctx context.Context, fingerprint string, now time.Time) (time.Time, error) {
	insert := sqldb.Command{
		Text: `INSERT INTO golive_keys (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`,
		Args: []any{fingerprint, sqldb.Micros(now)},
	}
	micros, err := writeThenRead(ctx, s.db, insert, sqldb.ScanInt, sqldb.Command{
		Text: `SELECT created_at FROM golive_keys WHERE id = $1`,
		Args: []any{fingerprint},
	})
	return sqldb.FromMicros(micros), err
}

// EventSources returns how the inbox got those of the events that it has.
func (s *Store) EventSources(ctx context.Context, ids []string) (map[string]string, error) {
	type found struct{ id, source string }
	sources := make(map[string]string, len(ids))
	for chunk := range slices.Chunk(ids, maxIDs) {
		var w sqldb.Where
		sqldb.AddIn(&w, "id", chunk)
		list, err := sqldb.QueryAll(ctx, s.db.Reader(), func(row sqldb.Row) (f found, err error) {
			return f, row.Scan(&f.id, &f.source)
		}, `SELECT id, source FROM events`+w.String(), w.Args()...)
		if err != nil {
			return nil, err
		}

		for _, f := range list {
			sources[f.id] = f.source
		}
	}

	return sources, nil
}

// goliveSetting is when a run began that was asked for over HTTP.
const goliveSetting = "golive run"

// BeginGoLive reports whether a run may begin now; see golive.Store. A time in
// the future, which a clock that was put right leaves behind, holds nobody up.
func (s *Store) BeginGoLive(ctx context.Context, now time.Time, every time.Duration) (time.Duration, error) {
	n, err := s.db.Exec(ctx, `INSERT INTO settings (name, value, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET created_at = excluded.created_at
		WHERE settings.created_at <= $4 OR settings.created_at > $5`,
		goliveSetting, []byte{}, sqldb.Micros(now), sqldb.Micros(now.Add(-every)), sqldb.Micros(now.Add(every)))
	if err != nil || n > 0 {
		return 0, err
	}

	micros, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT created_at FROM settings WHERE name = $1`, goliveSetting)
	return max(sqldb.FromMicros(micros).Add(every).Sub(now), time.Second), err
}

// SaveGoLiveRun keeps a report, and the last ones before it.
func (s *Store) SaveGoLiveRun(ctx context.Context, r *golive.Report) error {
	run := goliveRun{id: r.ID, report: *r, at: r.RanAt}
	if err := s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		return q.Run(ctx, goliveRunTable.Insert(&run, s.now()))
	}); err != nil {
		return err
	}

	_, err := s.db.Exec(ctx, `DELETE FROM golive_runs WHERE id NOT IN (
		SELECT id FROM golive_runs ORDER BY created_at DESC, id DESC LIMIT $1)`, golive.KeptRuns)
	return err
}

// GoLiveRuns returns the last reports, newest first.
func (s *Store) GoLiveRuns(ctx context.Context, limit int) (list []*golive.Report, err error) {
	runs, err := sqldb.QueryAll(ctx, s.db.Reader(), goliveRunTable.Scan,
		goliveRunTable.Select()+" ORDER BY created_at DESC, id DESC LIMIT $1", limit)
	for i := range runs {
		list = append(list, &runs[i].report)
	}
	return list, err
}
