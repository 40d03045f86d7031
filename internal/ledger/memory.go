package ledger

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/imageferry/imageferry/internal/outcome"
)

// Memory is a [Store] that forgets, for tests and simulations. It is better than
// COS in every respect: creates never race, and a listing is never stale.
type Memory struct {
	mu      sync.Mutex
	objects map[string][]byte
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{objects: map[string][]byte{}} }

// Create implements Store.
func (m *Memory) Create(_ context.Context, key string, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[key]; ok {
		return &outcome.Error{Kind: outcome.Exists, Op: "Create", Code: "Exists", Message: key}
	}
	m.objects[key] = bytes.Clone(body)
	return nil
}

// Get implements Store.
func (m *Memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, ok := m.objects[key]
	if !ok {
		return nil, &outcome.Error{Kind: outcome.NotFound, Op: "Get", Code: "NotFound", Message: key}
	}
	return bytes.Clone(body), nil
}

// List implements Store.
func (m *Memory) List(_ context.Context, prefix, after string, limit int) ([]string, bool, error) {
	m.mu.Lock()
	keys := slices.Collect(maps.Keys(m.objects))
	m.mu.Unlock()
	keys = slices.DeleteFunc(keys, func(key string) bool { return key <= after || !strings.HasPrefix(key, prefix) })
	slices.Sort(keys)
	limit = min(limit, maxList)
	return keys[:min(limit, len(keys))], len(keys) > limit, nil
}

// Delete implements Store.
func (m *Memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	return nil
}

// EverVersioned implements Store.
func (m *Memory) EverVersioned(context.Context) (bool, error) { return false, nil }
