package money

import "strings"

// decimals maps every presentment currency to its number of decimals
// (https://docs.stripe.com/currencies#presentment-currencies). huf and twd have
// two: Stripe rounds only their payouts, which concern the shop alone.
var decimals = func() map[string]int {
	m := make(map[string]int)
	for d, list := range map[int]string{
		0: "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf",
		2: `aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd
			bwp byn bzd cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp
			gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr kyd
			kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad
			ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek
			sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs
			wst xcd xcg yer zar zmw`,
		3: "bhd jod kwd omr tnd",
	} {
		for c := range strings.FieldsSeq(list) {
			m[c] = d
		}
	}
	return m
}()

// minimums is Stripe's table of minimum charge amounts, in minor units
// (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
var minimums = map[string]int64{
	"usd": 50, "aed": 200, "ars": 50, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50,
	"cop": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "idr": 50,
	"ils": 50, "inr": 50, "jpy": 50, "krw": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50,
	"php": 50, "pln": 200, "ron": 200, "rub": 50, "sek": 300, "sgd": 50, "thb": 1000, "zar": 50,
}

// maximums lists the currencies of the same page in which amounts may have more
// than eight digits.
var maximums = map[string]int64{
	"idr": MaxAmount,
	"lbp": 99_999_999_999,
	"cop": 9_999_999_999, "huf": 9_999_999_999, "jpy": 9_999_999_999,
	"inr": 999_999_999,
}

// symbols are the signs that Format writes instead of a code.
var symbols = map[string]string{
	"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "krw": "₩", "ils": "₪",
	"vnd": "₫", "aud": "A$", "cad": "CA$", "nzd": "NZ$", "hkd": "HK$", "mxn": "MX$",
	"brl": "R$",
}
