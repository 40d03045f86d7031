package channel_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/channel"
	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden pins what is sent: indented JSON for robots, the mail as it is.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]notice.Message{"en": english, "zh": chinese, "hostile": hostile} {
		for _, c := range channels[:8] {
			if c.Service == plan.Webhook {
				continue // its body is package notice's
			}
			file := "testdata/" + c.Name + "." + name + ".golden"
			got := request(t, c, m)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s: -want +got\n%s", file, diff)
			}
		}
	}
}

func request(t *testing.T, c plan.Channel, m notice.Message) []byte {
	t.Helper()
	if c.Service == plan.Mail {
		mail, err := channel.Mail(c.From, c.To, delivery(m))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.ReplaceAll(mail, []byte("\r\n"), []byte("\n"))
	}
	address, body := channel.Compose(c, values[c.URL], values[c.Secret], slot, delivery(m))
	var indented bytes.Buffer
	if err := json.Indent(&indented, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append([]byte("POST "+address+"\n"), append(indented.Bytes(), '\n')...)
}

// A new address makes a new channel for whoever remembers that the old one wanted
// to hear nothing more; a new password does not.
func TestAddressMarks(t *testing.T) {
	t.Parallel()
	set := newSet(t, options(""))
	marks := map[string]string{}
	for _, c := range set.Channels() {
		if other, taken := marks[c.Address]; taken || len(c.Address) != 16 {
			t.Errorf("%s and %s: mark %q", c.Name, other, c.Address)
		}
		marks[c.Address] = c.Name
	}
	if len(set.Channels()) != len(channels) || channels[0].Address != "" {
		t.Errorf("%d channels", len(set.Channels()))
	}
	before := channel.AddressMark("smtps://u:one@h")
	if after := channel.AddressMark("smtps://u:two@h"); after != before {
		t.Error("the mark tells of the password")
	}
}
