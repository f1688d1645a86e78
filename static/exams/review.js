// The review of an exam: the arrow keys follow the links to the questions beside this one, and a button prints.

const isUsingArrows = "input, textarea, select, pre, table"; // what lies in them moves or scrolls by the same keys

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest?.(isUsingArrows)) return;
  const isForward = { ArrowRight: document.dir !== "rtl", ArrowLeft: document.dir === "rtl" }[event.key];
  if (isForward === undefined) return;
  const link = document.querySelector(`.foot a[rel="${isForward ? "next" : "prev"}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
