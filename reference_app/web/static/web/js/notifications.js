// The browser's own notifications: for who is elsewhere, if they asked for them.

export const canNotify = () => "Notification" in window;

// Only on somebody's action: browsers hold it against a page that asks by itself.
export const askToNotify = async () =>
  canNotify() && (await Notification.requestPermission()) === "granted";

export class Notifications {
  constructor({ settings, open }) {
    Object.assign(this, { settings, open });
  }

  // One for each conversation: the newest replaces what it has to say.
  show(conversation, title, body) {
    const { notifications, quiet } = this.settings.values;
    if (!document.hidden || !notifications || quiet || !canNotify()) return;
    if (Notification.permission !== "granted") return;
    const shown = new Notification(title, { body, tag: `conversation-${conversation}`, dir: "auto" });
    shown.onclick = () => {
      window.focus();
      shown.close();
      this.open(conversation);
    };
  }
}
