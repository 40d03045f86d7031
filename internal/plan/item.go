package plan

import (
	"errors"
	"fmt"

	"github.com/imageferry/imageferry/internal/image"
)

// noteItems checks what the plan selects.
func (p Plan) noteItems(l *invalids) {
	if len(p.Images) == 0 && len(p.Instances) == 0 {
		l.note(".images", fmt.Errorf("plan %q selects nothing; add images or instances", p.Name))
	}
	for i, s := range p.Images {
		s.noteWrong(l, fmt.Sprintf(".images[%d]", i))
	}
	for i, s := range p.Instances {
		s.noteWrong(l, fmt.Sprintf(".instances[%d]", i))
	}
}

func (s Selector) noteWrong(l *invalids, field string) {
	described := s.Name != "" || s.Family != "" || len(s.Tags) > 0
	switch {
	case s.ID != "" && (described || s.Newest != 0):
		l.note(field+".id", fmt.Errorf("id %q selects one image alone; move what else is said to an item of its own", s.ID))
	case s.ID != "":
		_, err := image.ParseID(string(s.ID))
		l.note(field+".id", err)
	case !described:
		l.note(field, errors.New(`the item selects nothing; give an id, or a name, tags or a family (name: "*" is all custom images)`))
	}
	if s.Newest < 0 {
		l.note(field+".newest", fmt.Errorf("newest %d: want at least 1", s.Newest))
	}
	noteTags(l, field, s.Tags)
}

func (s InstanceSelector) noteWrong(l *invalids, field string) {
	switch {
	case s.ID != "" && len(s.Tags) > 0:
		l.note(field+".id", fmt.Errorf("id %q selects one instance alone; move the tags to an item of their own", s.ID))
	case s.ID != "":
		_, err := image.ParseInstanceID(string(s.ID))
		l.note(field+".id", err)
	case len(s.Tags) == 0:
		l.note(field, errors.New("the item selects nothing; give an id or tags"))
	}
	noteTags(l, field, s.Tags)
}

func noteTags(l *invalids, field string, tags map[string]string) {
	if _, ok := tags[""]; ok {
		l.note(field+".tags", errors.New(`a tag has no key; write it as key: value, or key: "*" for any value`))
	}
}
