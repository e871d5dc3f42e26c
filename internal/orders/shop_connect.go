package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"

	"checkoutd/internal/fault"
)

// ConnectedAccount is a connected account that an order is to be charged in.
type ConnectedAccount struct {
	Connected      bool // its owner has not disconnected it
	MayWrite       bool // its owner allows payments, not reading alone
	Livemode       bool // of the connection
	ChargesEnabled bool // as Stripe said last
}

// Accounts knows the connected accounts. It is safe for concurrent use.
type Accounts interface {
	// ChargedAccount returns an account; known is false if it was never
	// connected.
	ChargedAccount(ctx context.Context, id string) (a ConnectedAccount, known bool, err error)
}

// ShopTransfer is the destination of a destination charge.
type ShopTransfer struct {
	Destination string `json:"destination"`
	Amount      *int64 `json:"amount"` // nil: all but the platform's fee
}

// Percent is a share with at most two decimals, in basis points: 2.5 is 250.
type Percent int64

// UnmarshalJSON reads a JSON number exactly.
func (p *Percent) UnmarshalJSON(data []byte) error {
	var n json.Number
	if len(data) == 0 || data[0] == '"' || json.Unmarshal(data, &n) != nil {
		return errors.New("orders: not a number")
	}

	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return errors.New("orders: not a number")
	}

	r.Mul(r, big.NewRat(100, 1))
	*p = -1 // refused by checkPercent

	if r.IsInt() && r.Num().IsInt64() {
		*p = Percent(r.Num().Int64())
	}

	return nil
}

var accountPattern = regexp.MustCompile(`^acct_[A-Za-z0-9_]{1,60}$`)

// setConnect sets the account of a new order, what the platform takes of it and
// whom it pays. The order has its mode and its currency.
func (s *Service) setConnect(ctx context.Context, o *Order, req ShopRequest) error {
	if req.Account != nil && (req.TransferData != nil || req.OnBehalfOf != nil) {
		field := "transfer_data"
		if req.TransferData == nil {
			field = "on_behalf_of"
		}

		return fault.InvalidField(field, "not_with_account",
			"An order is charged in account, or its money is transferred to another one, not both.")
	}

	if err := s.setAccount(ctx, o, req.Account); err != nil {
		return err
	}
	if err := s.setTransfer(ctx, o, req); err != nil {
		return err
	}

	if o.connects() && o.Mode != ModeSetup {
		o.Connect.Rule = s.cfg.Fee.in(o.Currency)
	}

	return setFees(o, req)
}

// setAccount sets the account that an order is charged in.
func (s *Service) setAccount(ctx context.Context, o *Order, id *string) error {
	if id == nil {
		return nil
	}
	if !accountPattern.MatchString(*id) {
		return fault.InvalidField("account", "account_malformed",
			"The account must be the ID of an account (acct_…).")
	}

	if s.cfg.Accounts == nil {
		return fault.InvalidField("account", "account_unknown",
			"This server connects no accounts. Set CONNECT_CLIENT_ID to be a platform.")
	}

	a, known, err := s.cfg.Accounts.ChargedAccount(ctx, *id)
	if err != nil {
		return err
	}

	refuse := func(code, message string) error { return fault.InvalidField("account", code, message) }
	switch {
	case !known:
		return refuse("account_unknown", "This account is not connected to the platform.")
	case !a.Connected:
		return refuse("account_disconnected", "This account is disconnected. Its owner can connect it again.")
	case !a.MayWrite:
		return refuse("account_read_only",
			"The owner of this account allows reading only, so nothing can be charged in it.")
	case o.Livemode && !a.Livemode:
		return refuse("account_in_test_mode", "This account is connected for tests only, and these are live payments.")
	case !a.ChargesEnabled:
		return refuse("account_charges_disabled",
			"Stripe does not let this account take payments yet. Its owner sees in Stripe's Dashboard what is missing.")
	}

	o.Account = *id

	// Both name objects of the platform, which the account does not have.
	o.Options.OnBehalfOf, o.Options.PaymentMethodConfiguration = "", ""

	return nil
}

// setTransfer sets the destination of a destination charge, and on whose behalf
// it is made. The destination may be an account that the platform has created
// itself, which is not among the connected ones.
func (s *Service) setTransfer(ctx context.Context, o *Order, req ShopRequest) error {
	if err := s.checkNotOwn(ctx, req); err != nil {
		return err
	}

	if req.OnBehalfOf != nil {
		if *req.OnBehalfOf != "" && !accountPattern.MatchString(*req.OnBehalfOf) {
			return fault.InvalidField("on_behalf_of", "account_malformed",
				"on_behalf_of must be the ID of an account (acct_…).")
		}

		o.Options.OnBehalfOf = *req.OnBehalfOf
	}

	to := req.TransferData
	if to == nil {
		return nil
	}

	const field = "transfer_data.destination"
	switch {
	case o.Mode == ModeSetup:
		return fault.InvalidField("transfer_data", "not_in_mode",
			"This cannot be set for an order in mode "+string(o.Mode)+".")
	case !accountPattern.MatchString(to.Destination):
		return fault.InvalidField(field, "account_malformed",
			"The destination must be the ID of an account (acct_…).")
	case to.Amount != nil && o.Mode != ModePayment:
		return fault.InvalidField("transfer_data.amount", "not_in_mode",
			"This cannot be set for an order in mode "+string(o.Mode)+".")
	case to.Amount != nil && *to.Amount < 1:
		return fault.InvalidField("transfer_data.amount", "amount_out_of_range",
			"The transfer must be a whole number of minor units, at least 1.")
	}

	if s.cfg.Accounts != nil {
		a, known, err := s.cfg.Accounts.ChargedAccount(ctx, to.Destination)
		if err != nil {
			return err
		}

		if known && !a.Connected {
			return fault.InvalidField(field, "account_disconnected",
				"This account is disconnected. Its owner can connect it again.")
		}
	}

	o.Connect.Destination = to.Destination
	if to.Amount != nil {
		o.Connect.Transfer = *to.Amount
	}

	return nil
}

// checkNotOwn refuses to transfer the money to the account that charges, or to
// charge on its own behalf: Stripe would refuse it when the buyer pays.
func (s *Service) checkNotOwn(ctx context.Context, req ShopRequest) error {
	if s.cfg.OwnAccount == nil || req.TransferData == nil && req.OnBehalfOf == nil {
		return nil
	}

	own, err := s.cfg.OwnAccount(ctx)
	if err != nil || own == "" {
		return err
	}

	field := ""
	switch {
	case req.TransferData != nil && req.TransferData.Destination == own:
		field = "transfer_data.destination"
	case req.OnBehalfOf != nil && *req.OnBehalfOf == own:
		field = "on_behalf_of"
	default:
		return nil
	}

	return fault.InvalidField(field, "account_own",
		"This is the platform's own account. Leave it out: the money stays there by itself.")
}

// setFees sets what the backend wants the platform to take, instead of the rule
// of the configuration.
func setFees(o *Order, req ShopRequest) error {
	for _, part := range []struct {
		field string
		given bool
		mode  Mode
	}{
		{"application_fee_amount", req.ApplicationFeeAmount != nil, ModePayment},
		{"application_fee_percent", req.ApplicationFeePercent != nil, ModeSubscription},
	} {
		switch {
		case !part.given:
		case !o.connects():
			return fault.InvalidField(part.field, "fee_without_account",
				"A fee is taken of an order with account or transfer_data.")
		case o.Mode != part.mode:
			return fault.InvalidField(part.field, "not_in_mode",
				"This cannot be set for an order in mode "+string(o.Mode)+".")
		}
	}

	if req.ApplicationFeeAmount != nil && o.Connect.Transfer > 0 {
		return fault.InvalidField("application_fee_amount", "not_with_transfer_amount",
			"Set how much is transferred, or how much the platform keeps, not both.")
	}

	if p := req.ApplicationFeePercent; p != nil {
		if *p < 0 || *p > wholeShare {
			return fault.InvalidField("application_fee_percent", "percent_out_of_range",
				"The percentage is a number from 0 to 100 with at most two decimals.")
		}

		o.Connect.Rule = Rule{BasisPoints: int64(*p)}
	}

	if fee := req.ApplicationFeeAmount; fee != nil {
		if err := checkMinor("application_fee_amount", *fee, o.Currency); err != nil {
			return err
		}

		own := *fee
		o.Connect.Fee = &own
	}

	return nil
}

// checkShares returns what is wrong with the fee and the transfer of a request,
// now that the order's total is known.
func checkShares(o *Order, req ShopRequest) error {
	most := fmt.Sprintf(" must not be more than the order's total, %d.", o.Amount)
	switch {
	case req.ApplicationFeeAmount != nil && *req.ApplicationFeeAmount > o.Amount:
		return fault.InvalidField("application_fee_amount", "amount_out_of_range", "The fee"+most)
	case req.TransferData != nil && o.Connect.Transfer > o.Amount:
		return fault.InvalidField("transfer_data.amount", "amount_out_of_range", "The transfer"+most)
	}
	return nil
}
