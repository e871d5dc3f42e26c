package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/people"
)

// Customers knows the customers of the shop. *people.Service implements it.
type Customers interface {
	// Customer returns what is stored of a customer, or people.ErrNotFound.
	Customer(ctx context.Context, who people.Whom) (people.Customer, error)
	// Export returns everything that is stored of a customer, or
	// people.ErrNotFound.
	Export(ctx context.Context, who people.Whom) (people.Export, error)
	// Erase removes what is stored of a customer. Nothing is no error.
	Erase(ctx context.Context, who people.Whom, how people.How) (people.Result, error)
}

// ShopCustomerObject is what is stored of a customer of the shop.
type ShopCustomerObject struct {
	Object    string  `json:"object"` // always "customer"
	Reference string  `json:"reference"`
	ID        *string `json:"id"`     // at Stripe
	Orders    int     `json:"orders"` // how many there are
	// BlockingOrders are those that keep the customer from being erased, at
	// most ten.
	BlockingOrders []string `json:"blocking_orders"`
	// Erasing is true while Stripe has not confirmed an erasure.
	Erasing bool `json:"erasing"`
}

// ServeCustomer is GET /v1/customers/{reference}.
func (s *Service) ServeCustomer(w http.ResponseWriter, r *http.Request, _ Call) error {
	reference, err := customerReference(r)
	if err != nil {
		return err
	}

	c, err := s.cfg.Customers.Customer(r.Context(), people.Whom{Reference: reference})
	if err != nil {
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, ShopCustomerObject{
		Object:         "customer",
		Reference:      c.Reference,
		ID:             optional(c.CustomerID),
		Orders:         c.Orders,
		BlockingOrders: append([]string{}, c.Blocking...),
		Erasing:        c.Erasing,
	})
}

// ErasureObject is the answer to an erasure.
type ErasureObject struct {
	Object string `json:"object"` // always "customer_erasure"
	Status string `json:"status"` // pending: Stripe has not confirmed its part; done; none: there was nothing
	// Proof is of an erasure that was asked for by POST, and found something.
	Proof *ProofObject `json:"proof,omitempty"`
}

// ProofObject is what an erasure removed. It holds no personal data.
type ProofObject struct {
	ID       string                  `json:"id"`
	Subject  string                  `json:"subject"` // a keyed hash of whom it was about
	By       []string                `json:"by"`      // reference, email
	ErasedAt string                  `json:"erased_at"`
	Orders   int                     `json:"orders"`
	Removed  map[string]int64        `json:"removed"`           // rows, by table
	Deleted  []people.StripeCustomer `json:"deleted_at_stripe"` // or about to be
	Kept     []RemainingCustomer     `json:"remaining_at_stripe"`
}

// RemainingCustomer is a customer that stays at Stripe: nobody asked for the
// deletion, somebody else has orders with it, too, or it was refused.
type RemainingCustomer struct {
	people.StripeCustomer

	Reason people.Reason `json:"reason,omitempty"` // why it was refused
}

// RenderProof returns the proof of an erasure.
func RenderProof(e people.Erasure) *ProofObject {
	removed := e.Proof.Removed
	if removed == nil {
		removed = map[string]int64{}
	}

	kept := []RemainingCustomer{}
	for _, c := range e.Proof.Kept {
		kept = append(kept, RemainingCustomer{StripeCustomer: c})
	}
	for _, r := range e.Proof.Refused {
		kept = append(kept, RemainingCustomer(r))
	}

	return &ProofObject{
		ID:       e.ID,
		Subject:  e.Subject,
		By:       append([]string{}, e.Proof.By...),
		ErasedAt: e.CreatedAt.UTC().Format(time.RFC3339),
		Orders:   e.Proof.Orders,
		Removed:  removed,
		Deleted:  append([]people.StripeCustomer{}, e.Proof.Deleted...),
		Kept:     kept,
	}
}

// whomRequest names a customer in a body, so that no URL has an e-mail address
// in it.
type whomRequest struct {
	Reference string `json:"reference"`
	Email     string `json:"email"`
}

// whom returns the customer, who is named in one way.
func (q whomRequest) whom() (people.Whom, error) {
	if (q.Reference == "") == (q.Email == "") {
		return people.Whom{}, fault.InvalidField("reference", "customer_unnamed",
			"Name the customer by reference or by email, not by both.")
	}

	if q.Email != "" {
		return people.Whom{Email: strings.TrimSpace(q.Email)}, nil
	}

	reference, err := orders.CustomerReference(q.Reference)
	if err != nil || reference == "" {
		return people.Whom{}, people.ErrNotFound
	}

	return people.Whom{Reference: reference}, nil
}

// ServeExportCustomer is POST /v1/customers/export.
func (s *Service) ServeExportCustomer(w http.ResponseWriter, r *http.Request, _ Call) error {
	var body whomRequest
	if err := httpio.DecodeJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	who, err := body.whom()
	if err != nil {
		return err
	}

	e, err := s.cfg.Customers.Export(r.Context(), who)
	if err != nil {
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, e)
}

// ServeEraseWhom is POST /v1/customers/erase. It may be repeated: the second
// time finds nothing.
func (s *Service) ServeEraseWhom(w http.ResponseWriter, r *http.Request, _ Call) error {
	var body struct {
		whomRequest

		AtStripe *bool `json:"at_stripe"` // true if it is left out
	}
	if err := httpio.DecodeJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	who, err := body.whom()
	if err != nil {
		return err
	}

	res, err := s.cfg.Customers.Erase(r.Context(), who, people.How{AtStripe: body.AtStripe == nil || *body.AtStripe})
	if err != nil {
		return err
	}

	out := ErasureObject{Object: "customer_erasure", Status: "done"}
	switch {
	case !res.Done:
		out.Status = "pending"
	case !res.Begun:
		out.Status = "none"
	}

	if res.Begun {
		out.Proof = RenderProof(res.Erasure)
	}

	return httpio.WriteJSON(w, http.StatusOK, out)
}

// ServeEraseCustomer is DELETE /v1/customers/{reference}.
func (s *Service) ServeEraseCustomer(w http.ResponseWriter, r *http.Request, _ Call) error {
	reference, err := customerReference(r)
	if err != nil {
		return err
	}

	res, err := s.cfg.Customers.Erase(r.Context(), people.Whom{Reference: reference}, people.How{AtStripe: true})
	switch {
	case err != nil:
		return err
	case !res.Done:
		return httpio.WriteJSON(w, http.StatusAccepted, ErasureObject{Object: "customer_erasure", Status: "pending"})
	}

	w.WriteHeader(http.StatusNoContent)
	return nil
}

// customerReference returns the shop's reference in the path, which may be
// escaped. One that no order could have is people.ErrNotFound.
func customerReference(r *http.Request) (string, error) {
	text := r.PathValue("reference")
	if r.URL.RawPath != "" { // the router matches that one
		plain, err := url.PathUnescape(text)
		if err != nil {
			return "", people.ErrNotFound
		}

		text = plain
	}

	reference, err := orders.CustomerReference(text)
	if err != nil || reference == "" {
		return "", people.ErrNotFound
	}

	return reference, nil
}
