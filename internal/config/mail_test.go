package config_test

import "testing"

func TestMailRefusals(t *testing.T) {
	t.Parallel()
	const password = "s3cret"
	checkRefusals(t, map[string]refusal{
		"another scheme": {
			environ: []string{"SMTP_URL=http://a:" + password + "@mail.example", "MAIL_FROM=a@b.example"},
			want:    "SMTP_URL is not an address like smtp://",
		},
		"a password with a slash": {
			environ: []string{"SMTP_URL=smtp://a:" + password + "/x@mail.example", "MAIL_FROM=a@b.example"},
			want:    "SMTP_URL is not an address like smtp://",
		},
		"a port that is none": {
			environ: []string{"SMTP_URL=smtp://a:" + password + "@mail.example:99999", "MAIL_FROM=a@b.example"},
			want:    "SMTP_URL has a port that is not a number from 1 to 65535",
		},
		"no sender": {
			environ: []string{"SMTP_URL=smtp://mail.example"},
			want:    "MAIL_FROM is not set, but SMTP_URL is",
		},
		"a sender that is none": {
			environ: []string{"SMTP_URL=smtp://mail.example", "MAIL_FROM=the shop"},
			want:    "MAIL_FROM is not an e-mail address",
		},
		"e-mails to the shop without a mail server": {
			environ: []string{"MAIL_SHOP_TO=shop@shop.example"},
			want:    "SMTP_URL is not set, but MAIL_SHOP_TO is",
		},
		"a language without e-mails": {
			environ: []string{"MAIL_LANGUAGE=sv"},
			want:    "MAIL_LANGUAGE is \"sv\"",
		},
	})
}
