package store

import (
	"context"
	"slices"
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

// Tries returns the tries of a delivery, oldest first.
func (s *Store) Tries(ctx context.Context, deliveryID string) ([]deliveries.Try, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), s.tryTable.Scan,
		s.tryTable.Select()+" WHERE delivery_id = $1 ORDER BY at, id", deliveryID)
}

// Redeliver makes deliveries of an endpoint due; see deliveries.Admin.
func (s *Store) Redeliver(
	ctx context.Context, endpointID string, f deliveries.Filter, now time.Time,
) (n int, err error) {
	list, err := s.Endpoints(ctx)
	if err != nil {
		return 0, err
	}

	i := slices.IndexFunc(list, func(e deliveries.Endpoint) bool { return e.ID == endpointID })
	if i < 0 {
		return 0, deliveries.ErrNotFound
	}

	f.EndpointID = endpointID

	var w sqldb.Where
	at := w.Arg(sqldb.Micros(now))
	selectDeliveries(&w, f)
	w.Add("lease_token = ''")
	n, err = s.db.Exec(ctx, `UPDATE deliveries SET state = 'pending', note = '', tries = 0, finished_at = 0,
		began_at = `+at+`, next_at = `+at+w.String(), w.Args()...)
	if err != nil || f.Since.IsZero() || len(f.IDs) > 0 || len(f.States) > 0 {
		return n, err
	}

	added, err := s.addDeliveries(ctx, &list[i], f, now)
	return n + added, err
}

// redeliverPage is how many effects one transaction of addDeliveries looks at.
const redeliverPage = 500

// addDeliveries adds deliveries of effects that f selects and that the endpoint
// has none of.
func (s *Store) addDeliveries(
	ctx context.Context, e *deliveries.Endpoint, f deliveries.Filter, now time.Time,
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

		added, err := s.addPage(ctx, e, page, now)
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
	ctx context.Context, e *deliveries.Endpoint, page []payments.Effect, now time.Time,
) (n int, err error) {
	counts := make([]int64, len(page))
	err = s.db.Transact(ctx, "", func(context.Context, sqldb.Querier) (writes []sqldb.Command, err error) {
		for i := range page {
			if !e.Wants(page[i].Kind) {
				continue
			}
			insert := insertDelivery(orders.NewID("dlv_"), e, &page[i], now)
			insert.Count = &counts[i]
			writes = append(writes, insert)
		}
		return writes, nil
	})

	for _, c := range counts {
		n += int(c)
	}
	return n, err
}
