package app

import (
	"context"
	"fmt"
	"net"
	"time"

	"checkoutd/internal/httpserver"
	"checkoutd/internal/payments"
	"checkoutd/internal/telemetry"
)

// scrapers is how many connections may ask for the metrics at a time.
const scrapers = 64

// listenForMetrics makes the metrics, and opens the address at which they are
// served, if there is one.
func (a *App) listenForMetrics(ctx context.Context) (err error) {
	a.metrics = telemetry.New(telemetry.Config{
		Version: a.opts.Version,
		Mode:    a.keyMode(),
		Now:     a.opts.Now,
		Log:     a.opts.Log,
	})

	if a.cfg.MetricsAddr == "" {
		return nil
	}

	a.figures, err = httpserver.Listen(ctx, httpserver.Config{
		Addr:           a.cfg.MetricsAddr,
		Log:            a.opts.Log,
		Handler:        a.metrics.Handler(),
		MaxConnections: scrapers,
		StopTimeout:    time.Second,
	})
	if err != nil {
		return fmt.Errorf("METRICS_ADDR: %w", err)
	}

	a.opts.Log.Info().Stringer("addr", a.figures.Addr()).Msg("GET /metrics shows the metrics")
	return nil
}

// keyMode returns the mode of the Stripe keys.
func (a *App) keyMode() string {
	switch {
	case a.cfg.IsSandbox():
		return "sandbox"
	case a.cfg.Livemode():
		return "live"
	}
	return "test"
}

// serveMetrics serves the metrics until ctx ends.
func (a *App) serveMetrics(ctx context.Context) {
	if err := a.figures.Run(ctx); err != nil {
		a.opts.Log.Error().Err(err).Msg("the metrics are not served any more")
	}
}

// MetricsAddr returns the address at which the metrics are served, nil if
// nobody serves them.
func (a *App) MetricsAddr() net.Addr {
	if a.figures == nil {
		return nil
	}
	return a.figures.Addr()
}

// readMetrics makes the metrics show the database and the budgets.
func (a *App) readMetrics() {
	db, all, accounts := a.store, a.budget, a.paces // what is closed is not read

	a.metrics.Read(telemetry.Sources{
		Tables: func(ctx context.Context) (t telemetry.Tables, err error) {
			f, err := db.Figures(ctx, a.opts.Now())
			retention := map[string]telemetry.Sweep{}
			for _, w := range f.Retention {
				retention[w.Name] = telemetry.Sweep{Removed: w.Removed, SweptAt: w.SweptAt}
			}

			return telemetry.Tables{
				Attempts:   telemetry.Waiting(f.Attempts),
				Events:     f.Events,
				EventsDue:  f.EventsDue,
				Effects:    telemetry.Waiting(f.Effects),
				Deliveries: telemetry.Waiting(f.Deliveries),
				Endpoints:  f.Endpoints,
				Emails:     f.Emails,
				Retention:  retention,
				Findings:   f.Findings,
				Compared:   f.Compared,
				Backup:     f.Backup,
			}, err
		},
		Pools: func() (list []telemetry.Pool) {
			for _, p := range db.Pools() {
				list = append(list, telemetry.Pool(p))
			}

			return list
		},
		Budget: func() (waiting map[string]int, perSecond float64) {
			waiting, perSecond = all.Figures()
			held, _ := accounts.Figures()
			for priority, n := range held {
				waiting[priority] += n
			}

			return waiting, perSecond
		},
		Certificates: a.certificateFigures(),
	})
}

// paidMeter returns what measures how long a buyer waited for the order to be
// paid. It costs a reading of each paid order, so it is nil if nobody asks for
// the metrics.
func (a *App) paidMeter() func(context.Context, payments.Effect) {
	if a.figures == nil {
		return nil
	}

	return func(ctx context.Context, e payments.Effect) {
		if e.Kind != payments.EffectPaid {
			return
		}

		st, err := a.store.Read(ctx, e.OrderID)
		if err != nil {
			a.opts.Log.Warn().
				Err(err).
				Str("order_id", e.OrderID).
				Msg("could not read an order for the metrics")

			return
		}

		// An order that costs nothing has no attempt.
		if n := len(st.Attempts); n > 0 {
			a.metrics.OrderPaid(e.CreatedAt.Sub(st.Attempts[n-1].CreatedAt))
		}
	}
}
