package orders

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"checkoutd/internal/httpio"
)

// Config is what a Service needs.
type Config struct {
	Store        Store
	Catalog      *Catalog
	Now          func() time.Time
	ExpiresAfter time.Duration // how long an order may wait to be paid
	Livemode     bool
	BaseURL      string // the shop's origin, no slash at the end
	Options      Options
}

// Service makes orders and opens them for who holds their token. It is safe for
// concurrent use.
type Service struct {
	Config
	cookie cookie
}

// New returns a Service.
func New(c Config) *Service {
	return &Service{Config: c, cookie: cookie{Secure: strings.HasPrefix(c.BaseURL, "https://"), MaxAge: cookieLife(c.ExpiresAfter)}}
}

// cookieLife outlasts the order, so that its buyer can come back for the receipt.
func cookieLife(expiresAfter time.Duration) time.Duration { return expiresAfter + 30*24*time.Hour }

// Create prices the cart and stores a new open order. The token opens it and is
// given only here.
func (s *Service) Create(ctx context.Context, cart []Wanted) (o Order, token string, err error) {
	items, amount, currency, err := s.Catalog.Price(cart)
	if err != nil {
		return Order{}, "", err
	}
	token = rand.Text()
	now := s.Now()
	o = Order{
		ID: NewID("ord_"), TokenHash: HashToken(token),
		Status: Open, PaymentStatus: Unpaid, Version: 1,
		Currency: currency, Amount: amount, Items: items, Livemode: s.Livemode,
		Mode: ModePayment, Options: s.Options,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(s.ExpiresAfter),
	}
	return o, token, s.Store.CreateOrder(ctx, o)
}

// Opened returns the order that the request's cookie opens: the one named, or the
// newest in the cookie when id is "". It is ErrNotFound for everybody else.
func (s *Service) Opened(r *http.Request, id string) (Order, error) {
	held, ok := s.cookie.find(r, id)
	if !ok {
		return Order{}, ErrNotFound
	}
	o, err := s.Store.Order(r.Context(), held.ID)
	if err != nil {
		return Order{}, err
	}
	if !o.OpenedBy(held.Token) {
		return Order{}, ErrNotFound
	}
	return o, nil
}

// maxBody bounds the body of POST /orders, in bytes: 50 lines of the longest sku fit.
const maxBody = 16 << 10

// ServeCreate is POST /orders.
func (s *Service) ServeCreate(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Items []Wanted `json:"items"`
	}
	if err := httpio.DecodeJSON(w, r, &body, maxBody); err != nil {
		return err
	}
	o, token, err := s.Create(r.Context(), body.Items)
	if err != nil {
		return err
	}
	url := s.BaseURL + "/checkout/" + o.ID
	s.cookie.add(w, r, held{ID: o.ID, Token: token})
	w.Header().Set("Location", url)
	return httpio.WriteJSON(w, http.StatusCreated, struct {
		ID       string `json:"id"`
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
		URL      string `json:"url"`
	}{o.ID, o.Amount, o.Currency, url})
}

// ServeGet is GET /orders/{id}.
func (s *Service) ServeGet(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Opened(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, s.View(o))
}

// View is what a buyer sees of an order.
type View struct {
	ID            string        `json:"id"`
	Status        Status        `json:"status"`
	Amount        int64         `json:"amount"`
	Currency      string        `json:"currency"`
	Items         []ItemView    `json:"items"`
	PaymentStatus PaymentStatus `json:"payment_status"`
	Message       string        `json:"message,omitempty"`
	CreatedAt     time.Time     `json:"created_at"`
	ExpiresAt     time.Time     `json:"expires_at"`
	PaidAt        *time.Time    `json:"paid_at,omitempty"`
}

// ItemView is a line with its price.
type ItemView struct {
	Item
	Amount int64 `json:"amount"`
}

// View shows the order to its buyer. An order whose time is over is expired to
// them even before the store says so.
func (s *Service) View(o Order) View {
	v := View{
		ID: o.ID, Status: o.Status, Amount: o.Amount, Currency: o.Currency, Items: []ItemView{},
		PaymentStatus: o.PaymentStatus, Message: o.Message, CreatedAt: o.CreatedAt.UTC(), ExpiresAt: o.ExpiresAt.UTC(),
	}
	if o.Status == Open && o.IsExpired(s.Now()) && (o.PaymentStatus == Unpaid || o.PaymentStatus == PaymentFailed) {
		v.Status = Expired
	}
	if !o.PaidAt.IsZero() {
		paid := o.PaidAt.UTC()
		v.PaidAt = &paid
	}
	for _, i := range o.Items {
		v.Items = append(v.Items, ItemView{Item: i, Amount: i.Amount()})
	}
	return v
}
