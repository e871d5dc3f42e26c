package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// fillUSBank sets the US bank account from its numbers.
func fillUSBank(pm *PaymentMethod, p *wire.Params) error {
	bank := p.At("us_bank_account")
	account, routing := bank.String("account_number"), bank.String("routing_number")
	if account == "" {
		return wire.MissingParam("us_bank_account[account_number]")
	}
	if len(routing) != 9 {
		return wire.Invalid("routing_number_invalid", "us_bank_account[routing_number]", "Invalid routing number.")
	}
	if err := needBilling(p, "us_bank_account", "name"); err != nil {
		return err
	}

	holder := cmp.Or(bank.String("account_holder_type"), "individual")
	kind := cmp.Or(bank.String("account_type"), "checking")
	useUSBank(pm, account, routing, holder, kind)

	return nil
}

// useUSBank makes an account the bank account of a payment method. What becomes
// of its debits depends on the account number.
func useUSBank(pm *PaymentMethod, account, routing, holder, kind string) {
	pm.USBankAccount = &MethodUSBank{
		AccountHolderType: holder,
		AccountType:       kind,
		BankName:          "STRIPE TEST BANK",
		Fingerprint:       fingerprint(routing + account),
		Last4:             account[max(0, len(account)-4):],
		RoutingNumber:     routing,
		Networks:          usBankNetworks{Preferred: "ach", Supported: []string{"ach", "us_domestic_wire"}},
	}

	pm.private.Outcome = cmp.Or(testcards.USOutcomes[account], "succeed")
}
