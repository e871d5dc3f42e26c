package connect

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// An account may pay the platform for its app: with an ordinary subscription in
// the platform's own account. The order that began it has the account's ID as
// its customer's reference, so that all orders of an account have one customer.

// AppSubscription is the subscription of an account to the platform's app, as
// it was read at Stripe last.
type AppSubscription struct {
	ID         string // sub_…
	AccountID  string
	OrderID    string // that began it
	CustomerID string // of the platform
	// Status is Stripe's, but incomplete while no payment method is saved for a
	// trial: Stripe calls that trialing already.
	Status            string
	CancelAtPeriodEnd bool
	PeriodEnd         time.Time
	EndsAt            time.Time // zero while it continues
	PastDueSince      time.Time // when a renewal failed last, zero for never
	CreatedAt         time.Time
}

// statusTrialing is Stripe's status of a subscription whose first payment is
// due at the end of its period.
const statusTrialing = "trialing"

// Active reports whether the account may use the app. grace is how long it may
// after a renewal has failed, which Stripe tries again meanwhile.
func (a *AppSubscription) Active(now time.Time, grace time.Duration) bool {
	switch a.Status {
	case statusTrialing, "active":
		return true
	case "past_due":
		return now.Before(a.PastDueSince.Add(grace))
	}
	return false
}

// Running reports whether the subscription may still be charged for.
func (a *AppSubscription) Running() bool {
	return a.Status != "canceled" && a.Status != "incomplete_expired" && a.Status != "incomplete"
}

// appOf returns the subscription that counts for an account, nil for none: one
// that is active before one that runs, and the newest of several.
func (s *Service) appOf(accountID string, list []AppSubscription) (best *AppSubscription) {
	now := s.cfg.Now()
	rank := func(a *AppSubscription) int {
		switch {
		case a.Active(now, s.cfg.Grace):
			return 2
		case a.Running():
			return 1
		}

		return 0
	}

	for i := range list {
		a := &list[i]
		if a.AccountID != accountID {
			continue
		}

		if best == nil || rank(a) > rank(best) || rank(a) == rank(best) && a.CreatedAt.After(best.CreatedAt) {
			best = a
		}
	}

	return best
}

// AppObject is an account's subscription to the app as the API shows it.
type AppObject struct {
	Active            bool       `json:"active"`
	Status            string     `json:"status"`
	Subscription      string     `json:"subscription"`
	Customer          string     `json:"customer"`
	Order             string     `json:"order"`
	CancelAtPeriodEnd bool       `json:"cancel_at_period_end"`
	PeriodEnd         *time.Time `json:"period_end"`
	TrialEnd          *time.Time `json:"trial_end"` // when the first payment is due, nil after it
	EndsAt            *time.Time `json:"ends_at"`
}

// accountAnswer is an account with what it pays for the app.
type accountAnswer struct {
	AccountObject

	App *AppObject `json:"app"`
}

// answers returns accounts as the API shows them.
func (s *Service) answers(ctx context.Context, list []Account) ([]accountAnswer, error) {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}

	subs, err := s.cfg.Store.AppSubscriptions(ctx, ids)
	if err != nil {
		return nil, err
	}

	out := []accountAnswer{}
	for i := range list {
		v := accountAnswer{AccountObject: Render(&list[i])}
		if a := s.appOf(list[i].ID, subs); a != nil {
			v.App = &AppObject{
				Active:            a.Active(s.cfg.Now(), s.cfg.Grace),
				Status:            a.Status,
				Subscription:      a.ID,
				Customer:          a.CustomerID,
				Order:             a.OrderID,
				CancelAtPeriodEnd: a.CancelAtPeriodEnd,
				PeriodEnd:         optional(a.PeriodEnd),
				EndsAt:            optional(a.EndsAt),
			}

			if a.Status == statusTrialing {
				v.App.TrialEnd = v.App.PeriodEnd
			}
		}

		out = append(out, v)
	}

	return out, nil
}

// Shop creates and cancels orders.
type Shop interface {
	CreateForShop(ctx context.Context, req orders.ShopRequest, id, token string) (orders.Order, error)
	URL(id, token string) string
	// Orders returns the orders that the filter selects.
	Orders(ctx context.Context, f orders.Filter) ([]orders.Order, error)
	// Cancel cancels an order that is not paid. The error is a fault, a
	// Conflict if the order is paid or being paid.
	Cancel(ctx context.Context, orderID string) error
}

// AppRequest is what an account is to subscribe to.
type AppRequest struct {
	Items      *[]orders.ShopItem `json:"items"`
	SuccessURL *string            `json:"success_url"`
	CancelURL  *string            `json:"cancel_url"`
	Locale     *string            `json:"locale"`
	TrialDays  *int64             `json:"trial_days"` // Config.TrialDays if nil
}

// AppLink is a page on which an account subscribes.
type AppLink struct {
	Object    string    `json:"object"` // always "app_link"
	URL       string    `json:"url"`
	Order     string    `json:"order"`
	ExpiresAt time.Time `json:"expires_at"`
}

var (
	errSubscribed = fault.New(fault.Conflict, "account_subscribed",
		"The account has a subscription that runs. Cancel it before it begins another.")
	errSubscribing = fault.New(fault.Conflict, "account_subscribing",
		"The account is paying on a page that was made before. Try again in a moment.")
	errInReview = fault.New(fault.Conflict, "account_in_review",
		"A payment of this account for the app is in review: a person has to look at it before the account "+
			"begins another subscription.")
	errSuperseded = fault.New(fault.Conflict, "app_link_superseded",
		"Another page was made for this account at the same time, and only that one can be paid.")
	errNoSubscription = fault.New(fault.Conflict, "account_not_subscribed",
		"The account has no subscription that runs.")
	// ErrNotConnected refuses what needs access to an account.
	ErrNotConnected = fault.New(fault.Conflict, "account_disconnected",
		"This account is disconnected. Its owner can connect it again.")
)

// ServeSubscribe is POST /v1/connect/accounts/{id}/subscribe: it makes an order
// by which the account subscribes to the app.
func (s *Service) ServeSubscribe(w http.ResponseWriter, r *http.Request, c Call) error {
	var req AppRequest
	if err := httpio.DecodeJSON(w, r, &req, maxBody); err != nil {
		return err
	}

	id, _ := c.ID("ord_")
	link, err := s.subscribe(r.Context(), r.PathValue("id"), req, id, orders.NewToken(c.Secret("order")))
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("order_id", link.Order)
	return httpio.WriteJSON(w, http.StatusCreated, link)
}

func (s *Service) subscribe(ctx context.Context, accountID string, req AppRequest, id, token string) (AppLink, error) {
	a, err := s.cfg.Store.ConnectAccount(ctx, accountID)
	if err != nil {
		return AppLink{}, err
	}
	if !a.IsConnected() {
		return AppLink{}, ErrNotConnected
	}

	if err := s.refuseSubscribed(ctx, accountID); err != nil {
		return AppLink{}, err
	}

	mode, trial := orders.ModeSubscription, new(int64(s.cfg.TrialDays))
	if req.TrialDays != nil {
		trial = req.TrialDays
	}

	o, err := s.cfg.Shop.CreateForShop(ctx, orders.ShopRequest{
		Mode:       &mode,
		Items:      req.Items,
		Customer:   &orders.ShopCustomer{Reference: &accountID},
		SuccessURL: req.SuccessURL,
		CancelURL:  req.CancelURL,
		Locale:     req.Locale,
		TrialDays:  trial,
	}, id, token)
	if err != nil {
		return AppLink{}, err
	}

	err = s.closeOthers(ctx, &o)
	if err == nil { // one may have been paid before it was to be closed
		err = s.refuseSubscribed(ctx, accountID)
	}
	if err != nil {
		return AppLink{}, err
	}

	return AppLink{
		Object:    "app_link",
		URL:       s.cfg.Shop.URL(o.ID, token),
		Order:     o.ID,
		ExpiresAt: o.ExpiresAt.UTC(),
	}, nil
}

// subscribes reports whether an order of an account's pays the platform for its
// app.
func subscribes(o *orders.Order) bool { return o.Mode == orders.ModeSubscription && o.Account == "" }

// refuseSubscribed returns why an account may not begin a subscription: one
// runs, was paid for a moment ago and is not read yet, or waits for a person.
func (s *Service) refuseSubscribed(ctx context.Context, accountID string) error {
	paid, err := s.cfg.Shop.Orders(ctx, orders.Filter{
		Statuses: []orders.Status{orders.Paid, orders.Review},
		Customer: accountID,
	})
	if err != nil {
		return err
	}

	subs, err := s.cfg.Store.AppSubscriptions(ctx, []string{accountID})
	if err != nil {
		return err
	}
	if sub := s.appOf(accountID, subs); sub != nil && sub.Running() {
		return errSubscribed
	}

	for i := range paid {
		o := &paid[i]
		known := slices.ContainsFunc(subs, func(sub AppSubscription) bool { return sub.OrderID == o.ID })
		switch {
		case !subscribes(o) || known:
		case o.Status != orders.Paid: // or somebody else's money names it
			return errInReview.With("order", o.ID)
		default:
			return errSubscribing
		}
	}

	return nil
}

// closeOthers cancels the pages on which the account of an order could
// subscribe besides, since each of them could be paid. It comes after the order
// was created, so that of two calls at the same time one sees the other's. The
// newest page stays: a call that sees a newer one than its own gives way.
func (s *Service) closeOthers(ctx context.Context, o *orders.Order) error {
	open, err := s.cfg.Shop.Orders(ctx, orders.Filter{
		Statuses: []orders.Status{orders.Open},
		Customer: o.CustomerReference,
	})
	if err != nil {
		return err
	}

	open = slices.DeleteFunc(open, func(other orders.Order) bool { return !subscribes(&other) })
	mine := slices.IndexFunc(open, func(other orders.Order) bool { return other.ID == o.ID })

	if mine < 0 { // a newer call has canceled it
		return errSuperseded
	}

	newer := func(other orders.Order) bool {
		return cmp.Or(other.CreatedAt.Compare(open[mine].CreatedAt), cmp.Compare(other.ID, o.ID)) > 0
	}
	if slices.ContainsFunc(open, newer) {
		if err := s.closePage(ctx, o.ID); err != nil {
			return err
		}
		return errSuperseded
	}

	for i := range open {
		if i == mine {
			continue
		}
		if err := s.closePage(ctx, open[i].ID); err != nil {
			return err
		}
	}

	return nil
}

// closePage cancels a page. One that was paid or has ended meanwhile is closed
// already.
func (s *Service) closePage(ctx context.Context, orderID string) error {
	err := s.cfg.Shop.Cancel(ctx, orderID)
	switch f := fault.Of(err); {
	case err == nil || f.Kind != fault.Conflict:
		return err
	case slices.Contains([]string{"order_not_open", "order_paid", "order_in_review"}, f.Code):
		return nil
	}

	return errSubscribing
}

// ServeUnsubscribe is POST /v1/connect/accounts/{id}/unsubscribe: it cancels
// the account's subscriptions to the app at once. The account may be
// disconnected: that alone does not end its subscription.
func (s *Service) ServeUnsubscribe(w http.ResponseWriter, r *http.Request, _ Call) error {
	id := r.PathValue("id")
	a, err := s.cfg.Store.ConnectAccount(r.Context(), id)
	if err != nil {
		return err
	}

	subs, err := s.cfg.Store.AppSubscriptions(r.Context(), []string{id})
	if err != nil {
		return err
	}

	subs = slices.DeleteFunc(subs, func(sub AppSubscription) bool { return !sub.Running() })
	if len(subs) == 0 {
		return errNoSubscription
	}

	for i := range subs {
		if err := s.cancel(r.Context(), &subs[i]); err != nil {
			return err
		}
	}

	return s.writeAccount(w, r, a, nil)
}

// cancel cancels a subscription and reads its new state, which Stripe's event
// brings, too. Canceling twice does no harm.
func (s *Service) cancel(ctx context.Context, sub *AppSubscription) error {
	if err := s.cfg.Stripe.CancelSubscription(ctx, sub.ID); err != nil {
		return fault.Wrap(err, fault.Unavailable, "stripe_unavailable",
			"Stripe did not confirm that the subscription is canceled. Please try again.")
	}

	if err := s.cfg.Refresh(ctx, sub.OrderID, sub.ID); err != nil {
		s.cfg.Log.Warn().
			Err(err).
			Str("order_id", sub.OrderID).
			Msg("could not read a canceled subscription")
	}

	return nil
}
