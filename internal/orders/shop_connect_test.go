package orders_test

import (
	"context"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// connected is orders.Accounts in memory.
type connected map[string]orders.ConnectedAccount

func (c connected) ChargedAccount(_ context.Context, id string) (orders.ConnectedAccount, bool, error) {
	a, ok := c[id]
	return a, ok, nil
}

// newPlatform returns a shop that is a platform with a fee of 2.5 % and 30
// cents, at most 50.
func newPlatform(t testing.TB) *shop {
	s := newFullShop(t)
	cfg := s.cfg
	cfg.Options.PaymentMethodConfiguration, cfg.Options.OnBehalfOf = "pmc_1", "acct_own"
	cfg.Fee = orders.FeeRule{
		BasisPoints: 250,
		Fixed:       map[string]int64{"usd": 30},
		Most:        map[string]int64{"usd": 50},
	}

	cfg.Accounts = connected{
		"acct_good":     {Connected: true, MayWrite: true, ChargesEnabled: true},
		"acct_gone":     {MayWrite: true, ChargesEnabled: true},
		"acct_readonly": {Connected: true, ChargesEnabled: true},
		"acct_new":      {Connected: true, MayWrite: true},
	}

	cfg.OwnAccount = func(context.Context) (string, error) { return "acct_platform", nil }

	s.configure(cfg)

	return s
}

func TestOrderOfAnAccount(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body     string
		fee      int64
		share    int64
		transfer int64
	}{
		"by the rule":               {ownMugs + `,"account":"acct_good"}`, 50, 0, 0},
		"by the rule, below most":   {`{"currency":"usd","items":[{"name":"Mug","unit_amount":200}],"account":"acct_good"}`, 35, 0, 0},
		"without a fixed amount":    {`{"currency":"eur","items":[{"name":"Mug","unit_amount":200}],"account":"acct_good"}`, 5, 0, 0},
		"the backend's fee":         {ownMugs + `,"account":"acct_good","application_fee_amount":123}`, 123, 0, 0},
		"no fee":                    {ownMugs + `,"account":"acct_good","application_fee_amount":0}`, 0, 0, 0},
		"all of it":                 {ownMugs + `,"account":"acct_good","application_fee_amount":1800}`, 1800, 0, 0},
		"a subscription":            {`{"items":[{"sku":"club"}],"account":"acct_good"}`, 0, 250, 0},
		"a subscription's share":    {`{"items":[{"sku":"club"}],"account":"acct_good","application_fee_percent":1.05}`, 0, 105, 0},
		"a setup":                   {`{"mode":"setup","currency":"usd","account":"acct_good"}`, 0, 0, 0},
		"a destination":             {ownMugs + `,"transfer_data":{"destination":"acct_made"}}`, 50, 0, 0},
		"a destination with a fee":  {ownMugs + `,"transfer_data":{"destination":"acct_good"},"application_fee_amount":7}`, 7, 0, 0},
		"a destination with a part": {ownMugs + `,"transfer_data":{"destination":"acct_made","amount":1700}}`, 0, 0, 1700},
		"on behalf of":              {ownMugs + `,"transfer_data":{"destination":"acct_made"},"on_behalf_of":"acct_made"}`, 50, 0, 0},
		"no account":                {ownMugs + `}`, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newPlatform(t).ordered(tt.body)
			if got := o.FeeOn(o.Amount); got != tt.fee || o.FeeShare() != tt.share || o.TransferOf(o.Amount) != tt.transfer {
				t.Errorf("fee %d, share %d, transfer %d; want %d, %d, %d",
					got, o.FeeShare(), o.TransferOf(o.Amount), tt.fee, tt.share, tt.transfer)
			}

			if o.Account != "" && (o.Options.OnBehalfOf != "" || o.Options.PaymentMethodConfiguration != "") {
				t.Errorf("the order of an account has what only the platform has: %+v", o.Options)
			}
		})
	}
}

func TestOrderOfAnAccountIsRefused(t *testing.T) {
	t.Parallel()
	const direct = ownMugs + `,"account":"acct_good"`
	for name, tt := range map[string]struct{ body, field, code string }{
		"an unknown account":      {ownMugs + `,"account":"acct_unknown"}`, "account", "account_unknown"},
		"no account's ID":         {ownMugs + `,"account":"cus_1"}`, "account", "account_malformed"},
		"nothing":                 {ownMugs + `,"account":""}`, "account", "account_malformed"},
		"a disconnected account":  {ownMugs + `,"account":"acct_gone"}`, "account", "account_disconnected"},
		"a read-only account":     {ownMugs + `,"account":"acct_readonly"}`, "account", "account_read_only"},
		"one without charges":     {ownMugs + `,"account":"acct_new"}`, "account", "account_charges_disabled"},
		"an account and a target": {direct + `,"transfer_data":{"destination":"acct_made"}}`, "transfer_data", "not_with_account"},
		"an account and a behalf": {direct + `,"on_behalf_of":"acct_made"}`, "on_behalf_of", "not_with_account"},
		"a fee without account":   {ownMugs + `,"application_fee_amount":1}`, "application_fee_amount", "fee_without_account"},
		"a fee above the total":   {direct + `,"application_fee_amount":1801}`, "application_fee_amount", "amount_out_of_range"},
		"a fee below zero":        {direct + `,"application_fee_amount":-1}`, "application_fee_amount", "amount_out_of_range"},
		"a share of a payment":    {direct + `,"application_fee_percent":1}`, "application_fee_percent", "not_in_mode"},
		"a fee of a subscription": {`{"items":[{"sku":"club"}],"account":"acct_good","application_fee_amount":1}`, "application_fee_amount", "not_in_mode"},
		"three decimals":          {`{"items":[{"sku":"club"}],"account":"acct_good","application_fee_percent":1.005}`, "application_fee_percent", "percent_out_of_range"},
		"more than all":           {`{"items":[{"sku":"club"}],"account":"acct_good","application_fee_percent":100.01}`, "application_fee_percent", "percent_out_of_range"},
		"no destination":          {ownMugs + `,"transfer_data":{"destination":""}}`, "transfer_data.destination", "account_malformed"},
		"a destination gone":      {ownMugs + `,"transfer_data":{"destination":"acct_gone"}}`, "transfer_data.destination", "account_disconnected"},
		"its own destination":     {ownMugs + `,"transfer_data":{"destination":"acct_platform"}}`, "transfer_data.destination", "account_own"},
		"on its own behalf":       {ownMugs + `,"on_behalf_of":"acct_platform"}`, "on_behalf_of", "account_own"},
		"its own account":         {ownMugs + `,"account":"acct_platform"}`, "account", "account_unknown"},
		"too much transferred":    {ownMugs + `,"transfer_data":{"destination":"acct_made","amount":1801}}`, "transfer_data.amount", "amount_out_of_range"},
		"nothing transferred":     {ownMugs + `,"transfer_data":{"destination":"acct_made","amount":0}}`, "transfer_data.amount", "amount_out_of_range"},
		"a fee and a part": {ownMugs + `,"transfer_data":{"destination":"acct_made","amount":5},"application_fee_amount":1}`,
			"application_fee_amount", "not_with_transfer_amount"},
		"a destination of a setup": {`{"mode":"setup","currency":"usd","transfer_data":{"destination":"acct_made"}}`, "transfer_data", "not_in_mode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPlatform(t)
			_, err := s.svc.CreateForShop(t.Context(), shopRequest(t, tt.body), "", shopToken)
			if f := fault.Of(err); err == nil || f.Field != tt.field || f.Code != tt.code {
				t.Errorf("got %v, want %s in %s", err, tt.code, tt.field)
			}
		})
	}

	s := newFullShop(t)
	_, err := s.svc.CreateForShop(t.Context(), shopRequest(t, direct+`}`), "", shopToken)
	if f := fault.Of(err); err == nil || f.Field != "account" {
		t.Errorf("without accounts: got %v, want a refusal of the account", err)
	}
}

// TestChangeOfAnAccountsOrder: the fee follows the total, and the account never
// changes.
func TestChangeOfAnAccountsOrder(t *testing.T) {
	t.Parallel()
	s := newPlatform(t)
	id := s.ordered(`{"currency":"usd","items":[{"name":"Mug","unit_amount":200}],"account":"acct_good"}`).ID

	change := func(body string) (orders.Order, error) {
		return s.svc.ChangeForShop(t.Context(), id, shopRequest(t, body))
	}

	if o, err := change(`{"items":[{"name":"Mug","unit_amount":400}]}`); err != nil || o.FeeOn(o.Amount) != 40 {
		t.Errorf("fee %d, %v; want 40", o.FeeOn(o.Amount), err)
	}
	if o, err := change(`{"application_fee_amount":400}`); err != nil || o.FeeOn(o.Amount) != 400 {
		t.Errorf("fee %d, %v; want 400", o.FeeOn(o.Amount), err)
	}
	if o, err := change(`{"items":[{"name":"Mug","unit_amount":300}]}`); err != nil || o.FeeOn(o.Amount) != 300 {
		t.Errorf("fee %d, %v; want the total, 300", o.FeeOn(o.Amount), err)
	}

	part := s.ordered(ownMugs + `,"transfer_data":{"destination":"acct_made","amount":1700}}`).ID
	_, err := s.svc.ChangeForShop(t.Context(), part, shopRequest(t, `{"application_fee_amount":7}`))
	if !fault.Is(err, "not_with_transfer_amount") {
		t.Errorf("a fee besides a part: got %v, want a refusal", err)
	}

	for _, body := range []string{
		`{"account":"acct_new"}`, `{"on_behalf_of":""}`, `{"transfer_data":{"destination":"acct_made"}}`,
		`{"application_fee_percent":1}`,
	} {
		if _, err := change(body); err == nil || fault.Of(err).Code != "not_changeable" {
			t.Errorf("%s: got %v, want not_changeable", body, err)
		}
	}
}
