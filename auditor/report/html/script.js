"use strict";
(() => {
  const form = document.getElementById("filter");
  const severity = document.getElementById("by-severity");
  const node = document.getElementById("by-node");
  const shown = document.getElementById("shown");
  const blocks = [...document.querySelectorAll("article.block")];

  const fits = (entry) => {
    const nodes = entry.dataset.nodes.split(" ").filter(Boolean);
    const near = !node.value || nodes.length === 0 || nodes.includes(node.value);
    return near && Number(entry.dataset.rank) <= Number(severity.value);
  };
  const apply = () => {
    for (const block of blocks) {
      const effects = [...block.querySelectorAll(".effect")];
      for (const effect of effects) effect.hidden = !fits(effect);
      // A cause shows with what it explains: its remedy comes first.
      block.hidden = !fits(block) && effects.every((effect) => effect.hidden);
      const note = block.querySelector(".none");
      if (note) note.hidden = !effects.some((effect) => effect.hidden);
    }
    for (const section of document.querySelectorAll("section.findings")) {
      section.querySelector(":scope > .none").hidden = !!section.querySelector("article.block:not([hidden])");
    }
    const left = blocks.filter((block) => !block.hidden).length;
    shown.value = left === blocks.length ? "" : `${left} of ${blocks.length} blocks shown`;
  };
  const reset = () => {
    severity.value = "4";
    node.value = "";
    apply();
  };

  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    reset();
  });
  // A link to a block that the filter hides would lead nowhere.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#f-']");
    if (link && document.getElementById(link.hash.slice(1))?.closest("[hidden]")) reset();
  });
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details:not([open])")) {
      part.open = true;
      part.dataset.printed = "";
    }
  });
  window.addEventListener("afterprint", () => {
    for (const part of document.querySelectorAll("details[data-printed]")) {
      part.open = false;
      delete part.dataset.printed;
    }
  });
  form.hidden = false;
  apply();
})();
