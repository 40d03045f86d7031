package export

import (
	"context"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// Cloud is CVM as exports need it. Errors are classified (package outcome).
type Cloud interface {
	Exporter
	Catalog
	Maker
}

// Exporter describes images and exports them.
type Exporter interface {
	// Images describes images by id; those that do not exist are left out.
	Images(ctx context.Context, ids []image.ID) (map[image.ID]image.Image, error)
	// Export calls ExportImages once and never repeats it by itself. An error of
	// kind [outcome.Full] means that no other export would be taken now either.
	Export(ctx context.Context, r ledger.Request) (Task, error)
}

// Catalog lists what plans choose from.
type Catalog interface {
	// Find returns the custom images of this account in the region that q wants.
	Find(ctx context.Context, q Query) ([]image.Image, error)
	// Instances describes instances by id, or all of the region if ids is nil;
	// those that do not exist are left out.
	Instances(ctx context.Context, ids []image.InstanceID) ([]image.Instance, error)
}

// Query narrows down custom images. All that is set must hold; the zero Query
// wants all.
type Query struct {
	Name string            // exactly
	Tags map[string]string // each of them, with exactly this value
}

// Maker makes images of instances, and removes them.
type Maker interface {
	// CreateImage calls CreateImage once and never repeats it by itself. The image
	// may be in state CREATING for long. An error of kind [outcome.Exists] means
	// that an image of that name is there.
	CreateImage(ctx context.Context, m NewImage) (image.ID, error)
	// DeleteImage removes an image with its snapshots; one that is not there is
	// removed.
	DeleteImage(ctx context.Context, id image.ID) error
}

// NewImage is an image to be made. Its name is unique in the region and works as
// the token that the call does not have: a repeat is refused.
type NewImage struct {
	Name        string
	Description string
	Instance    image.InstanceID
	DataDisks   []string // ids of those that it holds beside the system disk
	Tags        map[string]string
}
