package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// The number of orders of a page.
const (
	defaultPage = 10
	maxPage     = 100
)

// Page is one page of a list.
type Page[T any] struct {
	Object  string `json:"object"` // always "list"
	Data    []T    `json:"data"`
	HasMore bool   `json:"has_more"`
}

// ServeOrder is GET /v1/orders/{id}.
func (s *Service) ServeOrder(w http.ResponseWriter, r *http.Request, _ Call) error {
	o, err := s.cfg.Orders.Order(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("order_id", o.ID)
	return httpio.WriteJSON(w, http.StatusOK, s.render(&o))
}

// ServeOrders is GET /v1/orders.
func (s *Service) ServeOrders(w http.ResponseWriter, r *http.Request, _ Call) error {
	f, err := parseFilter(r.URL.Query())
	if err != nil {
		return err
	}

	limit := f.Limit
	f.Limit++ // one more shows whether there are more
	found, err := s.cfg.Orders.Orders(r.Context(), f)
	if errors.Is(err, orders.ErrNotFound) {
		err = fault.InvalidField("starting_after", "order_unknown", "There is no order with the ID in starting_after.")
	}
	if err != nil {
		return err
	}

	page := Page[OrderObject]{Object: "list", Data: []OrderObject{}, HasMore: len(found) > limit}
	for i := range found[:min(limit, len(found))] {
		page.Data = append(page.Data, s.render(&found[i]))
	}

	return httpio.WriteJSON(w, http.StatusOK, page)
}

// parseQuery passes each parameter of a query to set. A parameter that is
// misspelt must not list other things than asked for, so set refuses it.
func parseQuery(q url.Values, set func(name, value string) error) error {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		values := q[name]
		switch {
		case len(values) != 1:
			return fault.InvalidField(shortened(name), "parameter_repeated", "Give each parameter once.")
		case values[0] == "":
			return fault.InvalidField(shortened(name), "parameter_empty",
				"A parameter without a value selects nothing: leave it out.")
		}
		if err := set(name, values[0]); err != nil {
			return err
		}
	}
	return nil
}

func errUnknownParameter(name string) error {
	return fault.InvalidField(shortened(name), "parameter_unknown", "There is no such parameter.")
}

// parseLimit parses the number of rows of a page.
func parseLimit(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxPage {
		return 0, fault.InvalidField("limit", "limit_out_of_range",
			fmt.Sprintf("The limit must be between 1 and %d.", maxPage))
	}
	return n, nil
}

// parseFilter returns the filter that a query asks for.
func parseFilter(q url.Values) (f orders.Filter, err error) {
	f.Limit = defaultPage
	return f, parseQuery(q, func(name, value string) error { return setFilter(&f, name, value) })
}

func setFilter(f *orders.Filter, name, value string) (err error) {
	switch name {
	case "limit":
		f.Limit, err = parseLimit(value)
	case "starting_after":
		f.After = value
	case "reference":
		f.Reference = value
	case "customer":
		f.Customer = value
	case "status":
		f.Statuses, err = parseList[orders.Status](name, value, "open, authorized, paid, review, expired or canceled")
	case "payment_status":
		f.Payments, err = parseList[orders.PaymentStatus](name, value, "unpaid, checking, requires_action, "+
			"processing, authorized, paid, failed, review, partially_refunded or refunded")
	case "created_from":
		f.From, err = parseTime(name, value)
	case "created_to":
		f.To, err = parseTime(name, value)
	default:
		err = errUnknownParameter(name)
	}

	return err
}

// parseList parses a comma-separated list of states, each of them once.
// choice says which there are.
func parseList[T interface {
	~string
	Known() bool
}](name, value, choice string) (list []T, err error) {
	for text := range strings.SplitSeq(value, ",") {
		st := T(text)
		if !st.Known() {
			return nil, fault.InvalidField(name, "status_unknown",
				"The "+name+" must be "+choice+", or several of them, separated by commas.")
		}
		if !slices.Contains(list, st) {
			list = append(list, st)
		}
	}
	return list, nil
}

// parseTime parses a time, or a date in UTC.
func parseTime(name, value string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.InvalidField(name, "time_invalid",
		"The time must look like 2026-01-31 or 2026-01-31T12:00:00Z.")
}

// shortened returns a name as an error may repeat it.
func shortened(name string) string {
	const maxLength = 64
	if text := []rune(name); len(text) > maxLength {
		return string(text[:maxLength]) + "…"
	}
	return name
}
