const body = document.querySelector("#items tbody");
const rows = [...body.rows];
const search = document.querySelector("#search");
const shown = document.querySelector("#shown");
const outcomes = [...document.querySelectorAll("[data-outcome-button]")];
const texts = new Map(rows.map((row) => [row, row.textContent.normalize("NFKC").toLowerCase()]));
let outcome = "";

function filter() {
  const words = search.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const visible = (!outcome || row.dataset.outcome === outcome) &&
      words.every((word) => texts.get(row).includes(word));
    row.hidden = !visible;
    count += visible;
  }
  shown.textContent = `${count} of ${rows.length}`;
}

function sort(header, column) {
  const descending = header.getAttribute("aria-sort") === "ascending";
  for (const other of header.parentNode.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent;
  rows.sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left === "" || right === "") return (left === "") - (right === "");
    const order = left.localeCompare(right, undefined, { numeric: true });
    const number = Number(left) - Number(right);
    return (descending ? -1 : 1) * (Number.isNaN(number) ? order : number);
  });
  body.append(...rows);
}

search.addEventListener("input", filter);
for (const button of outcomes) {
  button.addEventListener("click", () => {
    outcome = button.dataset.outcomeButton;
    for (const other of outcomes) other.setAttribute("aria-pressed", other === button);
    filter();
  });
}
document.querySelectorAll("#items th").forEach((header, column) => {
  header.firstElementChild.addEventListener("click", () => sort(header, column));
});
filter();
