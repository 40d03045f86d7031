package plan_test

import (
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/plan"
)

// nightly is a valid plan, changed.
func nightly(change func(*plan.Plan)) plan.Plan {
	p := plan.Default()
	p.Name, p.Images = "nightly", []plan.Selector{{ID: "img-a"}}
	change(&p)
	return p
}

func TestFind(t *testing.T) {
	t.Parallel()
	set := plan.Set{"b": nightly(func(*plan.Plan) {}), "a": {}}
	if p, err := set.Find("b"); err != nil || p.Name != "nightly" {
		t.Errorf("Find = %+v, %v", p, err)
	}
	_, err := set.Find("weekly")
	if err == nil || !strings.Contains(err.Error(), `"weekly"`) || !strings.Contains(err.Error(), "a, b") {
		t.Errorf("error %v; want it to name the plans that there are", err)
	}
}
