// Shows the settings in tabs: profile, settings of this browser, devices, password, blocked people.

import { $ } from "../../browser/dom.js";
import { askToNotify, canNotify, mayNotify } from "../../browser/notifications.js";
import { notificationsRefused } from "../../i18n/words.js";
import { TabList } from "./tab-list.js";

const SOUND_KINDS = ["message", "mention", "sent", "error"];

export class SettingsDialog {
  // `panels` maps the id of a panel to the view that is shown when the panel is chosen. `tryOut`
  // plays a kind of sound.
  constructor({ settings, notify, tryOut, panels, onClosed }) {
    Object.assign(this, { settings, notify });
    const tabs = new TabList($("settings-tabs"), (id) => panels[id]?.show());
    $("preferences-open").onclick = () => {
      $("preferences").showModal();
      tabs.show();
    };
    $("preferences-close").onclick = () => $("preferences").close();
    $("preferences").onclose = onClosed;
    $("theme").onchange = ({ target }) => settings.change({ theme: target.value });
    $("quiet").onchange = ({ target }) => settings.change({ quiet: target.checked });
    $("notifications").onchange = ({ target }) => this.#notifications(target);
    $("notifications").disabled = !canNotify();
    for (const kind of SOUND_KINDS) {
      $(`sound-${kind}`).onchange = ({ target }) =>
        settings.changeKind("sounds", kind, target.checked);
      $(`volume-${kind}`).onchange = ({ target }) => {
        settings.changeKind("volumes", kind, Number(target.value));
        tryOut(kind);
      };
    }
    settings.watch((values) => this.#show(values));
  }

  #show({ theme, quiet, notifications, volumes, sounds }) {
    $("theme").value = theme;
    $("quiet").checked = quiet;
    $("notifications").checked = notifications && mayNotify();
    for (const kind of SOUND_KINDS) {
      $(`sound-${kind}`).checked = sounds[kind];
      $(`volume-${kind}`).value = String(volumes[kind]);
      $(`volume-${kind}`).disabled = !sounds[kind];
    }
    $("chat").classList.toggle("is-quiet", quiet);
  }

  async #notifications(box) {
    const wanted = box.checked;
    const allowed = wanted && (await askToNotify());
    this.settings.change({ notifications: allowed });
    if (wanted && !allowed) this.notify("warning", notificationsRefused);
  }
}
