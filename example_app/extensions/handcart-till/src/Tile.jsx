import "@shopify/ui-extensions/preact";
import { render } from "preact";

export default () => render(<Tile />, document.body);

function Tile() {
  return (
    <s-tile
      heading={shopify.i18n.translate("tile.heading")}
      subheading={shopify.i18n.translate("tile.subheading")}
      onClick={() => shopify.action.presentModal()}
    />
  );
}
