package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

func fillUSBank(pm *PaymentMethod, p *wire.Params) error {
	account, routing := p.String("us_bank_account", "account_number"), p.String("us_bank_account", "routing_number")
	if account == "" {
		return wire.MissingParam("us_bank_account[account_number]")
	}
	if len(routing) != 9 {
		return wire.Invalid("routing_number_invalid", "us_bank_account[routing_number]", "Invalid routing number.")
	}
	if err := needBilling(p, "us_bank_account", "name"); err != nil {
		return err
	}

	holder, kind := p.String("us_bank_account", "account_holder_type"), p.String("us_bank_account", "account_type")
	useUSBank(pm, account, routing, cmp.Or(holder, "individual"), cmp.Or(kind, "checking"))
	return nil
}

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
