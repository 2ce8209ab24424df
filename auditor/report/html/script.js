"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const byId = (id) => document.getElementById(id);
  const make = (tag, values) => Object.assign(document.createElement(tag), values);
  const said = byId("said");

  // Without this script everything is open, and so it is on paper.
  const folds = all("details.fold");
  for (const fold of folds) fold.open = "stays" in fold.dataset;
  addEventListener("beforeprint", () => {
    for (const fold of folds.filter((one) => !one.open)) {
      fold.open = true;
      fold.dataset.printed = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const fold of all("details[data-printed]")) {
      fold.open = false;
      delete fold.dataset.printed;
    }
  });
  byId("open-all")?.addEventListener("click", () => {
    for (const fold of folds) fold.open = true;
  });
  byId("close-all")?.addEventListener("click", () => {
    for (const fold of folds) fold.open = false;
  });

  const filter = makeFilter(byId("filter"));
  addEventListener("hashchange", showTarget);
  document.addEventListener("click", (event) => {
    // The address stays the same if the link is followed again, and then nothing else would open it.
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) showTarget();
  });
  showTarget();
  sortBy(byId("fleet"));
  // Later, so that the page shows at once; what is searched is read before there are buttons in it.
  setTimeout(() => {
    filter?.prepare();
    addCopyButtons();
  });

  function showTarget() {
    // Our own places need no decoding, and a broken one could not be decoded.
    const target = byId(location.hash.slice(1));
    if (!target) return;
    if (target.closest(".off")) filter?.reset();
    for (let part = target; part; part = part.parentElement) if (part.matches("details")) part.open = true;
    // What a link leads to is open, not only its heading.
    const own = target.matches("article, .effect") && target.querySelector("details.fold");
    if (own) own.open = true;
    target.scrollIntoView();
  }

  function makeFilter(form) {
    if (!form) return null;
    const controls = {
      text: byId("by-text"), cluster: byId("by-cluster"), node: byId("by-node"),
      severity: byId("by-severity"), verdict: byId("by-verdict"), fresh: byId("by-new"),
    };
    const [shown, reset] = [byId("shown"), form.querySelector("button[type=reset]")];
    const blocks = all("article.block");
    const lines = all("li.line");
    const twins = new Map(lines.map((line) => [line, byId(line.querySelector("a").hash.slice(1))]));
    const texts = new Map();
    const text = (part) => {
      if (!texts.has(part)) texts.set(part, part.textContent.toLowerCase().replace(/\s+/g, " "));
      return texts.get(part);
    };
    const near = (part) => {
      const nodes = (part.dataset.n ?? "").split(" ").filter(Boolean);
      return !controls.node?.value || nodes.length === 0 || nodes.includes(controls.node.value);
    };
    const grave = (part) => near(part) && Number(part.dataset.r) <= Number(controls.severity.value);
    const fits = (part, words) =>
      (!controls.cluster?.value || part.dataset.c === controls.cluster.value) &&
      (!controls.verdict.value || part.dataset.v === controls.verdict.value) &&
      (!controls.fresh?.checked || "new" in part.dataset) &&
      words.every((word) => text(part).includes(word));
    const hide = (part, hidden) => part.classList.toggle("off", hidden);

    const apply = () => {
      const words = controls.text.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const block of blocks) {
        const effects = all(".effect", block);
        for (const effect of effects) hide(effect, !grave(effect));
        // A cause shows with what it explains: its remedy comes first.
        const none = !grave(block) && effects.every((effect) => effect.matches(".off"));
        hide(block, none || !fits(block, words));
        const note = all(".none", block).at(-1);
        if (note) note.hidden = !effects.some((effect) => effect.matches(".off"));
      }
      for (const line of lines) {
        const twin = twins.get(line);
        hide(line, twin ? twin.matches(".off") : !grave(line) || !fits(line, words));
      }
      for (const part of all("section.findings")) {
        const left = part.querySelector("article.block:not(.off), li.line:not(.off)");
        part.querySelector(":scope > .none").hidden = Boolean(left);
        // A list that holds what is searched for may not look empty.
        const list = part.querySelector(":scope > details");
        if (list && left && isSet()) list.open = true;
      }
      for (const cluster of all("section.cluster")) {
        hide(cluster, Boolean(controls.cluster?.value) && cluster.dataset.c !== controls.cluster.value);
      }
      const items = lines.length ? lines : blocks;
      const left = items.filter((item) => !item.matches(".off")).length;
      const filtered = left !== items.length || isSet();
      shown.value = filtered ? `${left} of ${items.length} shown. The numbers above, and what is printed, stay whole.` : "";
      reset.hidden = !filtered;
      form.classList.toggle("on", filtered);
    };
    const isSet = () => Boolean(
      controls.text.value.trim() || controls.cluster?.value || controls.node?.value ||
      controls.severity.value !== "4" || controls.verdict.value || controls.fresh?.checked);
    const clear = () => {
      for (const one of [controls.text, controls.cluster, controls.node, controls.verdict]) if (one) one.value = "";
      controls.severity.value = "4";
      if (controls.fresh) controls.fresh.checked = false;
      apply();
    };

    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      clear();
      controls.text.focus();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && event.target === controls.text) clear();
      const typing = event.target.closest("input, select, textarea");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      controls.text.focus();
    });
    form.hidden = false;
    // A browser may fill in what was chosen before the page was loaded again.
    apply();
    const prepare = () => (blocks.length ? blocks : lines).forEach(text);
    return { reset: clear, prepare };
  }

  function sortBy(table) {
    if (!table) return;
    const body = table.tBodies[0];
    const value = (row, place) => row.cells[place].dataset.s ?? row.cells[place].textContent.trim();
    const heads = [...table.tHead.rows[0].cells];
    for (const [place, head] of heads.entries()) {
      if ("unsorted" in head.dataset) continue;
      const button = make("button", { type: "button" });
      button.setAttribute("aria-label", `Sort by ${head.textContent}`);
      head.append(button);
      // The button for keys, and all of the heading for a mouse.
      head.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const rows = [...body.rows].sort((one, other) =>
          value(one, place).localeCompare(value(other, place), undefined, { numeric: true }));
        body.append(...(up ? rows : rows.reverse()));
      });
    }
  }

  function addCopyButtons() {
    for (const code of all("code.run, .snippet code")) {
      const snippet = code.closest(".snippet");
      const button = make("button", { type: "button", className: "copy", textContent: "copy" });
      button.setAttribute("aria-label", snippet ? "Copy these lines" : `Copy ${code.textContent}`);
      button.addEventListener("click", () => copy(code.textContent, button));
      (snippet || code).after(button);
    }
    for (const block of all("article.block")) {
      const button = make("button", { type: "button", className: "ticket", textContent: "Copy as ticket text" });
      button.addEventListener("click", () => copy(ticketText(block), button));
      block.querySelector("details").append(button);
    }
  }

  async function copy(text, button) {
    const label = button.textContent;
    const done = await write(text);
    said.textContent = done ? "Copied." : "The browser did not allow it. Mark the text and copy it.";
    button.textContent = done ? "copied" : "not copied";
    setTimeout(() => { button.textContent = label; said.textContent = ""; }, 2000);
  }

  async function write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // A page without TLS has no clipboard of its own.
      const field = document.body.appendChild(make("textarea", { value: text, className: "vh" }));
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  }

  function ticketText(block) {
    const words = (part) => {
      const own = part.cloneNode(true);
      for (const extra of all("button, [aria-hidden=true]", own)) extra.remove();
      return own.textContent.replace(/\s+/g, " ").trim();
    };
    const rows = (part) => all(":scope > dl > div", part).flatMap((row) => {
      const label = words(row.querySelector("dt"));
      return all("dd", row).map((text) => `${label}: ${words(text)}`);
    });
    const body = block.querySelector("details");
    const cluster = block.closest("section.cluster").querySelector("h2").firstChild.textContent.trim();
    const text = [words(block.querySelector("h4")), cluster, "", ...rows(body)];
    for (const lines of all(":scope > .snippet", body)) text.push("", lines.textContent.trim());
    const effects = all(".effect", block);
    if (effects.length) text.push("", `${words(block.querySelector("h5"))}. ${words(block.querySelector(".then"))}`);
    for (const [place, effect] of effects.entries()) {
      text.push(`${place + 1}. ${words(effect.querySelector(".what"))}`);
      text.push(...all(".act", effect).map((act) => `   ${words(act)}`));
    }
    const link = location.protocol.startsWith("http") ? [`${location.href.split("#")[0]}#${block.id}`] : [];
    return [...text, "", document.body.dataset.run, ...link, ""].join("\n");
  }
})();
