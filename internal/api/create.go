package api

import (
	"context"
	"net/http"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// Shop creates and changes the orders of the shop's backend. *orders.Service
// implements it.
type Shop interface {
	// CreateForShop creates an order that the token opens. id is "" or the ID
	// that it is to have; if an order has it already, that one is returned.
	CreateForShop(ctx context.Context, req orders.ShopRequest, id, token string) (orders.Order, error)
	// ChangeForShop changes an open order.
	ChangeForShop(ctx context.Context, id string, req orders.ShopRequest) (orders.Order, error)
	// URL returns the address that opens an order for whoever has it.
	URL(id, token string) string
}

// ServeCreate is POST /v1/orders.
func (s *Service) ServeCreate(w http.ResponseWriter, r *http.Request, c Call) error {
	var req orders.ShopRequest
	if err := httpio.DecodeJSON(w, r, &req, maxBody); err != nil {
		return err
	}

	id, _ := c.ID("ord_") // "" if no repetition could be recognized
	token := orders.NewToken(c.Secret("order"))
	o, err := s.cfg.Shop.CreateForShop(r.Context(), req, id, token)
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("order_id", o.ID)
	out := s.render(&o)
	out.URL = s.cfg.Shop.URL(o.ID, token)
	clientToken := orders.ClientToken(o.ID, token)
	out.ClientToken = &clientToken

	w.Header().Set("Location", "/v1/orders/"+o.ID)
	return httpio.WriteJSON(w, http.StatusCreated, out)
}

// ServeChange is PATCH /v1/orders/{id}.
func (s *Service) ServeChange(w http.ResponseWriter, r *http.Request, _ Call) error {
	var req orders.ShopRequest
	if err := httpio.DecodeJSON(w, r, &req, maxBody); err != nil {
		return err
	}

	o, err := s.cfg.Shop.ChangeForShop(r.Context(), r.PathValue("id"), req)
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("order_id", o.ID)
	return httpio.WriteJSON(w, http.StatusOK, s.render(&o))
}
