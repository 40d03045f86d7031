package ledger_test

import (
	"testing"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/ledger/ledgertest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	ledgertest.TestStore(t, func(*testing.T) (ledger.Store, string) { return ledger.NewMemory(), "p/" })
}
