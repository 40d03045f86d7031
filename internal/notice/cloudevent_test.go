package notice_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/notice"
)

// The CloudEvents SDK is the oracle for the form of the event.
func TestCloudEvent(t *testing.T) {
	t.Parallel()
	for name, n := range notices() {
		m := n.Message(notice.Chinese)
		body, err := n.CloudEvent(m)
		if err != nil {
			t.Fatal(err)
		}
		var ce event.Event
		if err := json.Unmarshal(body, &ce); err != nil {
			t.Fatal(err)
		}
		if err := ce.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if ce.SpecVersion() != "1.0" || ce.ID() != n.ID || ce.Type() != n.Type || ce.Source() != "/imageferry/ap-guangzhou" ||
			ce.Subject() == "" || !ce.Time().Equal(n.Time) || ce.DataContentType() != "application/json" {
			t.Errorf("%s: attributes:\n%v", name, ce)
		}
		if len(ce.Extensions()) > 0 {
			t.Errorf("extensions that nobody documented: %v", ce.Extensions())
		}
		var data struct{ Subject, Text string }
		bare := m // links are in the data only
		bare.Lines = slices.Clone(m.Lines)
		for i := range bare.Lines {
			bare.Lines[i].URL = ""
		}
		if err := ce.DataAs(&data); err != nil || data.Subject != m.Title || data.Subject+"\n"+data.Text != shown(bare) {
			t.Errorf("%s: data %+v, %v", name, data, err)
		}
	}
}

// What programs are told, field by field.
func TestGoldenEvents(t *testing.T) {
	t.Parallel()
	for name, n := range notices() {
		body, err := n.CloudEvent(n.Message(notice.English))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, body, "", "  "); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", got.String()+"\n")
	}
}

// The words of others are data of the event, and never its form.
func TestHostileEvents(t *testing.T) {
	t.Parallel()
	for _, words := range hostile {
		for _, entry := range []func() ledger.Entry{completeThree, broken, refused} {
			n := notice.Of(hostileEntry(entry(), words), region)
			body, err := n.CloudEvent(n.Message(notice.English))
			if err != nil {
				t.Fatal(err)
			}
			var ce event.Event
			if err := json.Unmarshal(body, &ce); err != nil {
				t.Fatalf("%q: %v", words, err)
			}
			if err := ce.Validate(); err != nil || ce.ID() != n.ID || ce.Type() != n.Type {
				t.Errorf("%q: %v, id %q, type %q", words, err, ce.ID(), ce.Type())
			}
		}
	}
}
