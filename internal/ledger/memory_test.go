package ledger_test

import (
	"testing"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/ledger/ledgertest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	open := func(*testing.T) (ledger.Store, string) { return ledger.NewMemory(), "p/" }
	ledgertest.TestStore(t, open)
	t.Run("atomic", func(t *testing.T) { ledgertest.TestAtomic(t, open) })
}
