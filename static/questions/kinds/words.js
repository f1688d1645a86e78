// A text of the page, with what is filled in: `{name}` or `%(name)s`, as Django's two kinds of templates write it.
export const fill = (text, values) =>
  text.replace(/\{(\w+)\}|%\((\w+)\)s/g, (all, one, other) => values[one ?? other] ?? all);
