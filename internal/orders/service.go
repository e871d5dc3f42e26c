package orders

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/money"
	"checkoutd/internal/tracing"
)

// Config is what a Service needs.
type Config struct {
	Store        Store
	Catalog      func() *Catalog // returns the one in use; it may be replaced at any time
	Now          func() time.Time
	ExpiresAfter time.Duration // how long a new order can be paid
	Livemode     bool
	BaseURL      string   // the shop's origin, without a slash at the end
	Options      Options  // of every order, as far as its mode allows them
	SetupOrders  bool     // accept orders in mode setup
	Accounts     Accounts // nil: no order is charged in another account
	Fee          FeeRule  // what the platform takes of orders with an account
	// OwnAccount returns the ID of the Stripe account that the keys are of, ""
	// while it is not known. nil: it never is.
	OwnAccount func(ctx context.Context) (string, error)
	// TermsVersion is the version of the terms that every buyer has to agree
	// to before paying, "" for none.
	TermsVersion string
	// ReceiptKey signs the links to receipts. Every process that serves the
	// shop has the same. nil: there are no such links.
	ReceiptKey []byte
}

// Service creates orders, changes them, and opens them for the holders of their
// tokens. It is safe for concurrent use.
type Service struct {
	cfg    Config
	cookie cookie
	tries  tries // to find orders by their number
}

// New returns a Service.
func New(c Config) *Service {
	return &Service{cfg: c, cookie: cookie{
		Secure: strings.HasPrefix(c.BaseURL, "https://"),
		MaxAge: cookieLife(c.ExpiresAfter),
	}}
}

// cookieLife returns how long a browser keeps the cookie: longer than the order
// stays open, so that its buyer can return to the receipt.
func cookieLife(expiresAfter time.Duration) time.Duration { return expiresAfter + 30*24*time.Hour }

// Create prices the cart and stores a new open order. It returns the token that
// opens the order, which nothing returns again.
func (s *Service) Create(ctx context.Context, cart Cart) (o Order, token string, err error) {
	o = Order{
		ID:            NewID("ord_"),
		Status:        Open,
		PaymentStatus: Unpaid,
		Version:       1,
		Livemode:      s.cfg.Livemode,
		CreatedAt:     s.cfg.Now(),
	}

	o.UpdatedAt, o.ExpiresAt = o.CreatedAt, o.CreatedAt.Add(s.cfg.ExpiresAfter)

	if err := s.shop(ctx).fill(&o, cart); err != nil {
		return Order{}, "", err
	}

	token = rand.Text()
	o.TokenHash = HashToken(token)
	return o, token, s.store(ctx, &o)
}

// store stores a new order. Its span is what all that happens to the order
// continues.
func (s *Service) store(ctx context.Context, o *Order) error {
	ctx, span := tracing.Start(ctx, tracing.Internal, "order", tracing.OrderID(o.ID), tracing.AccountID(o.Account))
	defer span.End()

	o.Trace = tracing.Traceparent(ctx)
	return s.cfg.Store.CreateOrder(ctx, *o)
}

// fill sets the mode, the items, the options and the amount of a new order.
func (s shop) fill(o *Order, cart Cart) (err error) {
	switch cart.Mode {
	case "", ModePayment, ModeSubscription:
		o.Items, o.Currency, err = s.catalog.Price(cart.Items, cart.Currency)
		if err == nil {
			o.Mode, err = modeOf(o.Items)
		}

		if err == nil && cart.Mode != "" && cart.Mode != o.Mode {
			err = errItemsOfMode
		}

	case ModeSetup:
		o.Mode, o.Currency = ModeSetup, cmp.Or(cart.Currency, s.catalog.currency)
		switch {
		case !s.cfg.SetupOrders:
			err = errSetupClosed
		case len(cart.Items) > 0:
			err = errItemsNotHere
		case !money.Known(o.Currency):
			err = errCurrency
		}

	default:
		err = fault.InvalidField("mode", "mode_unknown", "The mode is one of payment, subscription and setup.")
	}
	if err != nil {
		return err
	}

	o.Options = s.cfg.Options.forMode(o.Mode)
	if o.Mode == ModePayment {
		o.Options.SetupFutureUsage = s.catalog.futureUsage(o.Items, o.Options.SetupFutureUsage)
	}

	return s.catalog.reprice(o)
}

// Opened returns the order with that ID if the request's cookie or client token
// opens it. If id is "", it is the order of the token, or the newest one of the
// cookie. Everybody else gets ErrNotFound.
func (s *Service) Opened(r *http.Request, id string) (Order, error) {
	found, ok := s.presented(r, id)
	if !ok {
		return Order{}, ErrNotFound
	}

	o, err := s.cfg.Store.Order(r.Context(), found.ID)
	if err != nil {
		return Order{}, err
	}
	if !o.OpenedBy(found.Token) || HasClientToken(r) && s.clientTokenEnded(&o) {
		return Order{}, ErrNotFound
	}

	return o, nil
}

// OpenedToPay is Opened for a call that takes money. Without an ID it does not
// choose between the open orders of two tabs: the wrong one would be paid.
func (s *Service) OpenedToPay(r *http.Request, id string) (Order, error) {
	o, err := s.Opened(r, id)
	if err != nil || id != "" || HasClientToken(r) || !s.IsOpen(&o) {
		return o, err
	}

	for _, e := range s.cookie.read(r) {
		if e.ID == o.ID {
			continue
		}

		other, err := s.Opened(r, e.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return Order{}, err
		case s.IsOpen(&other):
			return Order{}, errAmbiguous
		}
	}

	return o, nil
}

// IsOpen reports whether the order can be paid now.
func (s *Service) IsOpen(o *Order) bool { return o.Status == Open && !o.IsExpired(s.cfg.Now()) }

// maxBody bounds the body of a call, in bytes: 50 lines of the longest sku fit,
// and two addresses.
const maxBody = 16 << 10

// ServeCreate is POST /orders.
func (s *Service) ServeCreate(w http.ResponseWriter, r *http.Request) error {
	var cart Cart
	if err := httpio.DecodeJSON(w, r, &cart, maxBody); err != nil {
		return err
	}

	o, token, err := s.Create(r.Context(), cart)
	if err != nil {
		return err
	}

	url := s.cfg.BaseURL + "/checkout/" + o.ID
	s.cookie.add(w, r, entry{ID: o.ID, Token: token})
	w.Header().Set("Location", url)

	return httpio.WriteJSON(w, http.StatusCreated, struct {
		ID       string `json:"id"`
		Mode     Mode   `json:"mode"`
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
		URL      string `json:"url"`
	}{o.ID, o.Mode, o.Amount, o.Currency, url})
}

// ServeGet is GET /orders/{id}.
func (s *Service) ServeGet(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Opened(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, s.View(r.Context(), o))
}
