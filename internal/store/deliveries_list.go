package store

import (
	"context"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store/sqldb"
)

// Deliveries returns the deliveries that f selects, newest first.
func (s *Store) Deliveries(ctx context.Context, f deliveries.Filter) ([]deliveries.Delivery, error) {
	var w sqldb.Where
	selectDeliveries(&w, f)
	if f.After != "" {
		created, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
			`SELECT created_at FROM deliveries WHERE id = $1`, f.After)
		if err == nil && !ok {
			err = deliveries.ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		w.Add("(created_at, id) < (" + w.Arg(created) + ", " + w.Arg(f.After) + ")")
	}

	text := deliveryTable.Select() + w.String() + " ORDER BY created_at DESC, id DESC"
	args := w.Args()
	if f.Limit > 0 {
		text += " LIMIT " + w.Arg(f.Limit)
		args = w.Args()
	}
	return sqldb.QueryAll(ctx, s.db.Reader(), deliveryTable.Scan, text, args...)
}

// selectDeliveries adds the conditions of a filter.
func selectDeliveries(w *sqldb.Where, f deliveries.Filter) {
	sqldb.AddIn(w, "id", f.IDs)
	sqldb.AddIn(w, "state", f.States)
	if f.EndpointID != "" {
		w.AddArg("endpoint_id =", f.EndpointID)
	}
	if f.OrderID != "" {
		w.AddArg("order_id =", f.OrderID)
	}
	if !f.Since.IsZero() {
		w.Add("effect_id IN (SELECT id FROM effects WHERE created_at >= " + w.Arg(sqldb.Micros(f.Since)) + ")")
	}
}

// Tries returns the tries of deliveries, oldest first.
func (s *Store) Tries(ctx context.Context, deliveryIDs ...string) ([]deliveries.Try, error) {
	if len(deliveryIDs) == 0 {
		return nil, nil
	}

	var w sqldb.Where
	sqldb.AddIn(&w, "delivery_id", deliveryIDs)
	return sqldb.QueryAll(ctx, s.db.Reader(), s.tryTable.Scan,
		s.tryTable.Select()+w.String()+" ORDER BY at, id", w.Args()...)
}

// Redeliver makes deliveries of an endpoint due; see deliveries.Admin.
func (s *Store) Redeliver(
	ctx context.Context, endpointID string, f deliveries.Filter, now time.Time,
) (n int, err error) {
	f.EndpointID = endpointID

	var w sqldb.Where
	at := w.Arg(sqldb.Micros(now))
	selectDeliveries(&w, f)
	w.Add("lease_token = ''")

	var made int64
	err = s.toEnabled(ctx, endpointID, func(deliveries.Endpoint) []sqldb.Command {
		return []sqldb.Command{{
			Text: `UPDATE deliveries SET state = 'pending', note = '', tries = 0, finished_at = 0,
				began_at = ` + at + `, next_at = ` + at + w.String(),
			Args:  w.Args(),
			Count: &made,
		}}
	})
	if err != nil || f.Since.IsZero() || len(f.IDs) > 0 || len(f.States) > 0 {
		return int(made), err
	}

	added, err := s.addDeliveries(ctx, endpointID, f, now)
	return int(made) + added, err
}

// toEnabled runs the statements that send returns for an endpoint under its
// lock, so that it is not switched off meanwhile.
func (s *Store) toEnabled(
	ctx context.Context, endpointID string, send func(deliveries.Endpoint) []sqldb.Command,
) error {
	return s.db.Transact(ctx, endpointID, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		e, err := s.lockEndpoint(ctx, q, endpointID)
		if err == nil && e.State == deliveries.Disabled {
			err = deliveries.ErrDisabled
		}
		if err != nil {
			return nil, err
		}
		return send(e), nil
	})
}

// redeliverPage is how many effects one transaction of addDeliveries looks at.
const redeliverPage = 500

// addDeliveries adds deliveries of effects that f selects and that the endpoint
// has none of.
func (s *Store) addDeliveries(
	ctx context.Context, endpointID string, f deliveries.Filter, now time.Time,
) (n int, err error) {
	from, after := f.Since, ""
	for {
		var w sqldb.Where
		w.Add("(created_at, id) > (" + w.Arg(sqldb.Micros(from)) + ", " + w.Arg(after) + ")")
		w.Add("done_at > 0") // the others will get theirs
		if f.OrderID != "" {
			w.AddArg("order_id =", f.OrderID)
		}

		page, err := sqldb.QueryAll(ctx, s.db.Reader(), effectTable.Scan,
			effectTable.Select()+w.String()+" ORDER BY created_at, id LIMIT "+w.Arg(redeliverPage), w.Args()...)
		if err != nil || len(page) == 0 {
			return n, err
		}

		added, err := s.addPage(ctx, endpointID, page, now)
		if err != nil {
			return n, err
		}

		n += added
		last := page[len(page)-1]
		from, after = last.CreatedAt, last.ID
	}
}

// addPage adds the deliveries of a page of effects in one transaction.
func (s *Store) addPage(
	ctx context.Context, endpointID string, page []payments.Effect, now time.Time,
) (n int, err error) {
	counts := make([]int64, len(page))
	err = s.toEnabled(ctx, endpointID, func(e deliveries.Endpoint) (writes []sqldb.Command) {
		for i := range page {
			if !e.Wants(page[i].Kind) {
				continue
			}
			insert := insertDelivery(orders.NewID("dlv_"), &e, &page[i], now)
			insert.Count = &counts[i]
			writes = append(writes, insert)
		}
		return writes
	})

	for _, c := range counts {
		n += int(c)
	}
	return n, err
}
